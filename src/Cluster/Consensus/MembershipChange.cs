namespace Warren.Cluster.Consensus;

/// <summary>One step from a membership to the next.</summary>
public readonly record struct MembershipChange(MembershipChangeKind Kind, NodeId Member);
