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

    public void Follow(PendingChange run)
    {
        (_followers ??= []).Add(run);
        run.Outstanding++;
    }
}
