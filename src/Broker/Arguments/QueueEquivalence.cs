using Warren.Amqp;
using Warren.Broker.Queues;
using Warren.Broker.Security;

namespace Warren.Broker.Arguments;

/// <summary>
/// Whether a declaration means the queue that is there already (AMQP 0-9-1, queue.declare, rule 4). Pure.
/// </summary>
public static class QueueEquivalence
{
    private static readonly string[] ClassicOrder =
    [
        "x-expires", "x-message-ttl", "x-dead-letter-exchange", "x-dead-letter-routing-key", "x-max-length",
        "x-max-length-bytes", "x-max-priority", "x-overflow", "x-queue-mode", "x-queue-version",
        "x-single-active-consumer", "x-queue-type", "x-queue-master-locator",
    ];

    private static readonly string[] QuorumOrder =
    [
        "x-dead-letter-exchange", "x-dead-letter-routing-key", "x-dead-letter-strategy", "x-expires", "x-max-length",
        "x-max-length-bytes", "x-max-in-memory-length", "x-max-in-memory-bytes", "x-overflow",
        "x-single-active-consumer", "x-queue-type", "x-quorum-initial-group-size", "x-delivery-limit",
        "x-message-ttl", "x-queue-leader-locator",
    ];

    // What is still compared when a quorum queue is declared as a classic one, and that is let pass: what both know.
    private static readonly string[] RelaxedOrder =
    [
        "x-dead-letter-exchange", "x-dead-letter-routing-key", "x-expires", "x-max-length", "x-max-length-bytes",
        "x-single-active-consumer", "x-message-ttl",
    ];

    private static readonly string[] StreamOrder =
    [
        "x-max-length-bytes", "x-queue-type", "x-max-age", "x-stream-max-segment-size-bytes", "x-initial-cluster-size",
        "x-queue-leader-locator",
    ];

    /// <summary>
    /// Returns when the declaration fits. Who owns an exclusive queue is the caller's to check first.
    /// </summary>
    /// <param name="existing">The queue.</param>
    /// <param name="durable">As declared; an exclusive queue is never durable, whatever it was declared.</param>
    /// <param name="exclusive">As declared.</param>
    /// <param name="autoDelete">As declared.</param>
    /// <param name="arguments">As declared.</param>
    /// <param name="defaultQueueType">The vhost's, else the node's; empty is classic.</param>
    /// <param name="relaxesQuorum">
    /// A quorum queue may be declared as a classic one (<see cref="BrokerOptions.RelaxesQuorumRedeclaration"/>).
    /// </param>
    /// <exception cref="AmqpException">406: the text names the first difference.</exception>
    public static void Check(
        QueueDefinition existing,
        bool durable,
        bool exclusive,
        bool autoDelete,
        FieldTable arguments,
        string defaultQueueType,
        bool relaxesQuorum = false)
    {
        string resource = ResourceName.Describe(ResourceKind.Queue, existing.Name, existing.Vhost);
        FieldTable declared =
            QueueArguments.WithDefaultType(durable, exclusive, autoDelete, arguments, defaultQueueType);
        bool isRelaxed = relaxesQuorum && existing.Type == QueueType.Quorum
            && QueueArguments.TypeOf(declared) == QueueType.Classic;
        if (!isRelaxed)
        {
            Inequivalence.Check("durable", resource, existing.Durable, durable && !exclusive);
            Inequivalence.Check("auto_delete", resource, existing.AutoDelete, autoDelete);
        }
        foreach (string name in isRelaxed ? RelaxedOrder : ComparedArguments(existing.Type))
            Inequivalence.Check(name, resource, existing.Arguments, declared);
    }

    /// <summary>
    /// 405: the queue is exclusive to another connection, or it is not exclusive and was declared so.
    /// </summary>
    public static AmqpException Locked(string queue, string vhost) =>
        new(ReplyCode.ResourceLocked,
            $"cannot obtain exclusive access to locked {ResourceName.Describe(ResourceKind.Queue, queue, vhost)}. "
            + "It could be originally declared on another connection or the exclusive property value does not match "
            + "that of the original declaration.");

    private static string[] ComparedArguments(QueueType type) => type switch
    {
        QueueType.Quorum => QuorumOrder,
        QueueType.Stream => StreamOrder,
        _ => ClassicOrder,
    };
}
