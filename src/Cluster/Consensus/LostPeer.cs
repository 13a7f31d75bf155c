namespace Warren.Cluster.Consensus;

/// <summary>The link with another member has ended here.</summary>
/// <param name="Node">Which member.</param>
/// <param name="IsCertain">It is gone; else it may be back in a moment.</param>
/// <param name="Turn">
/// Which of the others is to campaign first: the same on all members, and another in the next group, so that not all
/// groups get the same leader.
/// </param>
/// <param name="DelayTicks">How much longer this group waits: a node may have thousands that have lost theirs.</param>
public readonly record struct LostPeer(NodeId Node, bool IsCertain, long Turn, int DelayTicks);
