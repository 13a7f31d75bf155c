using Warren.Storage;

namespace Warren.Cluster.Consensus.Messages;

/// <summary>A follower wants to read as if it were the leader (thesis, section 6.4).</summary>
/// <param name="Term">The sender's.</param>
/// <param name="Number">The follower's own count.</param>
public sealed record BarrierRequest(Term Term, long Number) : RaftMessage(Term);
