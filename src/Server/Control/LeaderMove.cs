using Warren.Broker.Queues;

namespace Warren.Server.Control;

/// <summary>A queue's leadership is to go from one node to another.</summary>
/// <param name="Queue">Which.</param>
/// <param name="From">The name of the node that leads it.</param>
/// <param name="To">The name of the node that is to.</param>
internal sealed record LeaderMove(QueueDefinition Queue, string From, string To);
