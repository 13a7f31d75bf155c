namespace Warren.Broker.Queues;

/// <summary>
/// The rules of one queue in force now: its arguments with its policies merged in. Immutable; a change is a new value,
/// handed to the machine by <c>Configure</c>.
/// </summary>
public sealed record QueueSettings
{
    /// <summary>
    /// Quorum queues count deliveries (x-delivery-count) and put returned messages at the tail's side as RabbitMQ does.
    /// </summary>
    public bool CountsDeliveries { get; init; }

    /// <summary>x-message-ttl, ms; null is never.</summary>
    public long? MessageTtlMs { get; init; }

    /// <summary>x-expires, ms unused; null is never.</summary>
    public long? ExpiresMs { get; init; }

    public long? MaxLength { get; init; }

    /// <summary>x-max-length-bytes: bodies only.</summary>
    public long? MaxLengthBytes { get; init; }

    public Overflow Overflow { get; init; }

    /// <summary>x-max-priority, 1 to 255; 0 is a queue without priorities.</summary>
    public byte MaxPriority { get; init; }

    public bool SingleActiveConsumer { get; init; }

    /// <summary>x-delivery-limit; null is none.</summary>
    public int? DeliveryLimit { get; init; }

    /// <summary>ms a delivery may stay unacknowledged; null is for ever. A consumer may bring its own.</summary>
    public long? ConsumerTimeoutMs { get; init; }

    /// <summary>
    /// True: an overdue consumer's channel is closed; false: its messages return and it is cancelled.
    /// </summary>
    public bool ConsumerTimeoutClosesChannel { get; init; }

    public bool AutoDelete { get; init; }

    /// <summary>
    /// x-dead-letter-exchange; null: dead letters are dropped. The empty name is the default exchange.
    /// </summary>
    public string? DeadLetterExchange { get; init; }

    /// <summary>x-dead-letter-strategy at-least-once is wished for.</summary>
    public bool WantsDeadLettersAtLeastOnce { get; init; }

    /// <summary>
    /// No dead letter is given up before all its targets have taken it: in RabbitMQ, and here, only where the queue can
    /// keep them without dropping others for them.
    /// </summary>
    public bool DeadLettersAtLeastOnce => WantsDeadLettersAtLeastOnce && CountsDeliveries
        && Overflow == Overflow.RejectPublish && DeadLetterExchange is not null;

    /// <summary>x-dead-letter-routing-key; null: each message keeps its own.</summary>
    public string? DeadLetterRoutingKey { get; init; }
}
