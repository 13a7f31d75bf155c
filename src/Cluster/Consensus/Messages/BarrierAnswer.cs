using Warren.Storage;

namespace Warren.Cluster.Consensus.Messages;

/// <summary>Who has applied up to the index sees all that was committed when he asked.</summary>
public sealed record BarrierAnswer(Term Term, long Number, LogIndex Index) : RaftMessage(Term);
