using Warren.Storage;

namespace Warren.Cluster.Consensus;

/// <summary>
/// A read barrier's end.
/// </summary>
/// <param name="Id">The owner's.</param>
/// <param name="Index">All that was committed when it was asked for lies at or below, and is applied. 0: it
/// failed.</param>
public readonly record struct BarrierOutcome(long Id, LogIndex Index)
{
    public bool IsReached => Index.Value > 0;
}
