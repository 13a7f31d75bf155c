using Warren.Amqp;
using Warren.Broker.Queues;

namespace Warren.Broker.Arguments;

/// <summary>What a queue.declare that passed its checks comes to.</summary>
/// <param name="Type">The type asked for, or the default where that fits.</param>
/// <param name="Settings">What its arguments say, without policies.</param>
/// <param name="Arguments">
/// As declared; with x-queue-type added where the vhost's default chose the type, as RabbitMQ stores and shows them.
/// </param>
public sealed record ValidQueue(QueueType Type, QueueSettings Settings, FieldTable Arguments);
