using Warren.Broker.Queues;

namespace Warren.Broker.Operations;

/// <summary>A consumer at one moment.</summary>
/// <param name="Consumer">What the client asked for.</param>
/// <param name="Queue">The queue that it is for.</param>
/// <param name="IsActive">It is served: false while a single active consumer of the queue is another one.</param>
public sealed record ConsumerStatus(Consumer Consumer, QueueDefinition Queue, bool IsActive);
