using System.Collections.Immutable;
using Warren.Broker.Queues;
using Warren.Cluster;

namespace Warren.Broker.Operations;

/// <summary>A queue whose leader may be another one.</summary>
/// <param name="Queue">Which.</param>
/// <param name="Leader">The node that leads it.</param>
/// <param name="Others">The nodes that could lead it instead; none: it stays.</param>
public sealed record LedQueue(QueueDefinition Queue, NodeId Leader, ImmutableArray<NodeId> Others);
