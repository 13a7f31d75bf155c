using Warren.Cluster;

namespace Warren.Broker.Queues.Replicated;

/// <summary>What members say to each other of a queue's time (docs/formats/queues-between-nodes.md).</summary>
/// <param name="From">Who says it.</param>
/// <param name="IsAnswer">A member says what it knows, to a leader that has asked.</param>
/// <param name="LeaderTerm">Of the leader that says it, or has asked.</param>
/// <param name="KnownTerm">Of the leader whose time it is; 0: it asks, or knows none.</param>
/// <param name="TimeMs">The time, when it was said.</param>
internal sealed record TimeNews(NodeId From, bool IsAnswer, long LeaderTerm, long KnownTerm, long TimeMs);
