using Warren.Storage;

namespace Warren.Cluster.Consensus.Messages;

/// <summary>The answer to a <see cref="Heartbeat"/>, in the batch of answers.</summary>
/// <param name="Term">The sender's: a higher one ends the leadership.</param>
/// <param name="Round">That of the heartbeat.</param>
/// <param name="Soundness">The sender's.</param>
public readonly record struct HeartbeatAnswer(Term Term, long Round, Soundness Soundness);
