using Warren.Broker.Queues;
using Warren.Cluster;

namespace Warren.Broker.Operations;

/// <summary>A queue's leadership is to go from one node to another.</summary>
/// <param name="Queue">Which.</param>
/// <param name="From">The node that leads it.</param>
/// <param name="To">The node that is to.</param>
public sealed record LeaderMove(QueueDefinition Queue, NodeId From, NodeId To);
