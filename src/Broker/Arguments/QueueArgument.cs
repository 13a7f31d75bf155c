using Warren.Amqp;
using Warren.Broker.Queues;

namespace Warren.Broker.Arguments;

/// <summary>One known argument of queue.declare: who takes it and how its value is checked.</summary>
/// <param name="Name">As on the wire.</param>
/// <param name="Types">The queue types that take it; any other refuses it.</param>
/// <param name="Check">Null, or what is wrong with the value.</param>
internal sealed record QueueArgument(string Name, QueueTypeSet Types, Func<FieldValue, string?> Check)
{
    /// <summary>
    /// All of them, in the order in which RabbitMQ checks values, which decides the text when two are wrong.
    /// </summary>
    public static readonly QueueArgument[] All =
    [
        new(QueueTypes.Argument, QueueTypeSet.All, ArgumentChecks.Type),
        new("x-expires", QueueTypeSet.NotStream, ArgumentChecks.Expires),
        new("x-message-ttl", QueueTypeSet.NotStream, ArgumentChecks.TimeToLive),
        new("x-dead-letter-exchange", QueueTypeSet.NotStream, ArgumentChecks.Text),
        new("x-dead-letter-routing-key", QueueTypeSet.NotStream, ArgumentChecks.Text),
        new("x-dead-letter-strategy", QueueTypeSet.Quorum, ArgumentChecks.DeadLetterStrategy),
        new("x-max-length", QueueTypeSet.NotStream, ArgumentChecks.NotNegative),
        new("x-max-length-bytes", QueueTypeSet.All, ArgumentChecks.NotNegative),
        new("x-max-in-memory-length", QueueTypeSet.Quorum, ArgumentChecks.NotNegative),
        new("x-max-in-memory-bytes", QueueTypeSet.Quorum, ArgumentChecks.NotNegative),
        new("x-max-priority", QueueTypeSet.Classic, ArgumentChecks.MaxPriority),
        new("x-overflow", QueueTypeSet.NotStream, ArgumentChecks.OverflowMode),
        new("x-queue-mode", QueueTypeSet.Classic, ArgumentChecks.Mode),
        new("x-queue-version", QueueTypeSet.Classic, ArgumentChecks.Version),
        new("x-single-active-consumer", QueueTypeSet.NotStream, ArgumentChecks.Boolean),
        new("x-quorum-initial-group-size", QueueTypeSet.Quorum, ArgumentChecks.Positive),
        new("x-max-age", QueueTypeSet.Stream, ArgumentChecks.MaxAge),
        new("x-stream-max-segment-size-bytes", QueueTypeSet.Stream, ArgumentChecks.NotNegative),
        new("x-initial-cluster-size", QueueTypeSet.Stream, ArgumentChecks.Positive),
        new("x-queue-leader-locator", QueueTypeSet.Replicated, ArgumentChecks.LeaderLocator),
        new("x-queue-master-locator", QueueTypeSet.Classic, ArgumentChecks.MasterLocator),

        // RabbitMQ looks at no delivery limit before it is used.
        new("x-delivery-limit", QueueTypeSet.Quorum, _ => null),
    ];

    /// <summary>The argument of that name, or null: what nobody knows is accepted and kept.</summary>
    public static QueueArgument? Find(string name) => Array.Find(All, argument => argument.Name == name);

    public bool IsFor(QueueType type) => (Types & QueueTypes.SetOf(type)) != 0;
}
