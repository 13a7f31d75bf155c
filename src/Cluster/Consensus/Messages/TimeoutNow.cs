using Warren.Storage;

namespace Warren.Cluster.Consensus.Messages;

/// <summary>The leader wants the receiver to take over (thesis, section 3.10).</summary>
public sealed record TimeoutNow(Term Term) : RaftMessage(Term);
