using Warren.Storage;

namespace Warren.Cluster.Consensus.Messages;

/// <summary>
/// What members of a group say to each other (<see cref="RaftMessageFormat"/>), but for heartbeats, which go for all
/// groups together. May be lost, doubled, late or in another order.
/// </summary>
/// <param name="Term">The sender's; of a pre-vote the term that it is about.</param>
public abstract record RaftMessage(Term Term);
