using Warren.Storage;

namespace Warren.Cluster.Consensus.Messages;

/// <summary>
/// What a leader says of one group in the batch that goes to a node for all groups. A value: nothing is allocated for a
/// group that is idle.
/// </summary>
/// <param name="Term">The leader's.</param>
/// <param name="Commit">The leader's, but nothing that the receiver is not known to have.</param>
/// <param name="Round">The newest round of read barriers; who answers it confirms all before it.</param>
public readonly record struct Heartbeat(Term Term, LogIndex Commit, long Round);
