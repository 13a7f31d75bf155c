namespace Warren.Cluster.Consensus;

/// <summary>
/// The owner is to send a chunk. Offset 0 begins an attempt, with what is live then; the owner drops any other attempt
/// for this member.
/// </summary>
public readonly record struct SnapshotDemand(NodeId To, long Attempt, long Offset);
