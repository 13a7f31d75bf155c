namespace Warren.Storage.Recovery;

/// <summary>
/// Entries of one group that should be live and cannot be read: how many, and ranges of indexes that hold them and no
/// live one.
/// </summary>
internal sealed class LostEntries
{
    private readonly List<IndexRange> _ranges = [];
    private bool _isRunning;

    public long Count { get; private set; }

    /// <summary>By rising index.</summary>
    public IReadOnlyList<IndexRange> Ranges => _ranges;

    /// <summary>The next live entry by index is lost.</summary>
    public void Add(LogIndex index)
    {
        Count++;
        if (_isRunning)
            _ranges[^1] = _ranges[^1] with { Last = index };
        else
            _ranges.Add(new IndexRange(index, index));
        _isRunning = true;
    }

    /// <summary>The next live entry by index is there.</summary>
    public void Pass() => _isRunning = false;
}
