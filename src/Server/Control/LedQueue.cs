using System.Collections.Immutable;
using Warren.Broker.Queues;

namespace Warren.Server.Control;

/// <summary>A queue whose leader may be another one.</summary>
/// <param name="Queue">Which.</param>
/// <param name="Leader">The name of the node that leads it.</param>
/// <param name="Others">The names of the nodes that could lead it instead; none: it stays.</param>
internal sealed record LedQueue(QueueDefinition Queue, string Leader, ImmutableArray<string> Others);
