using Warren.Broker.Definitions.Entries;

namespace Warren.Broker.Definitions;

/// <summary>An entry that this node wants in the log.</summary>
/// <param name="Entry">What.</param>
/// <param name="Expected">See <see cref="LoggedEntry"/>.</param>
/// <param name="Session">Whose.</param>
/// <param name="Number">Its place in the session.</param>
/// <param name="Run">Whoever waits for it; null: nobody.</param>
internal sealed record Proposal(
    DefinitionsEntry Entry, long Expected, long Session, long Number, PendingChange? Run)
{
    private List<PendingChange>? _followers;

    public LoggedEntry Logged => new(Entry, Expected, Session, Number, []);

    /// <summary>Changes that run again when it is known what has become of this.</summary>
    public IReadOnlyList<PendingChange> Followers => _followers ?? [];

    /// <summary>
    /// It is in, but nobody knows any more what it met: whether whoever wanted it may be told that it was done.
    /// </summary>
    /// <param name="draft">What there is now.</param>
    /// <param name="index">Of the definition's entry now; 0: there is none.</param>
    public bool IsDone(DefinitionsDraft draft, long index) =>
        Entry is RemovalEntry { IsOfUnchangeable: true } && Expected != LoggedEntry.Anything
            // What it was to remove has gone; what has come in its place others were told of.
            ? index != Expected
            : Entry.IsDone(draft);

    public void Follow(PendingChange run)
    {
        (_followers ??= []).Add(run);
        run.Outstanding++;
    }
}
