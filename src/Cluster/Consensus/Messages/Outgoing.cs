namespace Warren.Cluster.Consensus.Messages;

/// <summary>A message and whom it is for.</summary>
public readonly record struct Outgoing(NodeId To, RaftMessage Message);
