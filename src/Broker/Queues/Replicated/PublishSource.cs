using Warren.Cluster;

namespace Warren.Broker.Queues.Replicated;

/// <summary>Whose publishes to a queue are one stream, numbered by rising numbers: a node's, while a process of it
/// lives.</summary>
public readonly record struct PublishSource(NodeId Node, long Process);
