using Warren.Amqp;

namespace Warren.Broker.Arguments;

/// <summary>What the arguments of basic.consume come to.</summary>
public sealed record ConsumerSettings
{
    public static readonly ConsumerSettings Default = new();

    /// <summary>x-priority: higher is served first; 0 when not given.</summary>
    public int Priority { get; init; }

    /// <summary>x-cancel-on-ha-failover: be told when the queue's leader moves.</summary>
    public bool CancelOnFailover { get; init; }

    /// <summary>
    /// x-consumer-timeout of this consumer, ms; null: the queue's. RabbitMQ 3.13 knows it on queues only.
    /// </summary>
    public long? ConsumerTimeoutMs { get; init; }

    /// <summary>
    /// x-stream-offset: first, last, next, an age such as 1h, a number, or a timestamp; null is next.
    /// </summary>
    public FieldValue? StreamOffset { get; init; }
}
