namespace Warren.Broker.Tests.Cluster.Nodes;

/// <summary>
/// When the process ended that a queue lived in alone, and took along what was in its memory: looked at after every
/// step. A queue that has had a leader has all in logs from then on, and keeps a group for good.
/// </summary>
internal sealed class LoneHomes(MessageLedger ledger)
{
    // Those that are still alone, with how often their homes had crashed when that was looked at last.
    private readonly Dictionary<string, int> _alone = [];
    private readonly Dictionary<string, long> _endedAt = [];

    /// <summary>A queue that is always there.</summary>
    public void Watch(string queue)
    {
        if (!ledger.Replicated.Contains(queue))
            _alone.Add(queue, ledger.Homes[queue].Crashes);
    }

    public void Look()
    {
        foreach ((string queue, int crashes) in _alone)
        {
            SimulatedNode home = ledger.Homes[queue];
            if (home.Crashes == crashes)
                continue;
            _endedAt[queue] = home.CrashedAt;
            _alone[queue] = home.Crashes;
        }
        foreach (string queue in ledger.Mirrored)
        {
            if (ledger.Takeovers.WasLed(queue, long.MaxValue))
                _alone.Remove(queue);
        }
    }

    /// <summary>At this step it had had a leader.</summary>
    public bool WasLedAt(string queue, long step) => ledger.Replicated.Contains(queue)
        || (ledger.Mirrored.Contains(queue) && ledger.Takeovers.WasLed(queue, step));

    /// <summary>The step of the last time; -1: it never did.</summary>
    public long EndedAt(string queue) => _endedAt.GetValueOrDefault(queue, -1);
}
