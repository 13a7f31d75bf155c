namespace Warren.Storage;

/// <summary>Entries of one group that were copied, by rising index.</summary>
public sealed class MovedEntries(IReadOnlyList<MovedEntry> entries, Action completed)
{
    private Action? _completed = completed;

    public IReadOnlyList<MovedEntry> Entries { get; } = entries;

    /// <summary>The owner reads from no old position any more. Once.</summary>
    public void Complete()
    {
        Action completed = Interlocked.Exchange(ref _completed, null)
            ?? throw new InvalidOperationException("Moves were completed twice.");
        completed();
    }
}
