using Warren.Amqp;
using Warren.Broker.Queues;
using Warren.Broker.Security;

namespace Warren.Broker.Arguments;

/// <summary>RabbitMQ's rules for the arguments of basic.consume, in its order and its words. Pure.</summary>
public static class ConsumeArguments
{
    private const string Priority = "x-priority";
    private const string CancelOnFailover = "x-cancel-on-ha-failover";
    private const string StreamOffset = "x-stream-offset";
    private const string ConsumerTimeout = "x-consumer-timeout";

    /// <summary>Checks them and reads what they mean.</summary>
    /// <param name="vhost">Of the queue.</param>
    /// <param name="queueName">The queue.</param>
    /// <param name="type">Its type: each takes arguments of its own.</param>
    /// <param name="arguments">As sent. What no queue type knows is accepted.</param>
    /// <exception cref="AmqpException">406.</exception>
    public static ConsumerSettings Validate(string vhost, string queueName, QueueType type, FieldTable arguments)
    {
        if (arguments.Count == 0)
            return ConsumerSettings.Default;
        string resource = ResourceName.Describe(ResourceKind.Queue, queueName, vhost);
        Check(Priority, type, resource, arguments, ArgumentChecks.Integer);
        Check(CancelOnFailover, type, resource, arguments, ArgumentChecks.Boolean);
        Check(StreamOffset, type, resource, arguments, ArgumentChecks.StreamOffset);
        foreach ((string name, _) in arguments)
        {
            if (name is Priority or CancelOnFailover or StreamOffset && !IsFor(name, type))
            {
                throw new AmqpException(
                    ReplyCode.PreconditionFailed,
                    $"invalid arg '{name}' for {resource} of queue type {QueueTypes.ModuleOf(type)}");
            }
        }

        return Settings(arguments);
    }

    /// <summary>x-cancel-on-ha-failover: the consumer is cancelled when the queue's leader moves.</summary>
    /// <param name="arguments">Of a consumer, checked before.</param>
    public static bool CancelsOnFailover(FieldTable arguments) =>
        arguments.TryGetValue(CancelOnFailover, out FieldValue cancel) && cancel.IsTrue;

    private static bool IsFor(string name, QueueType type) => name switch
    {
        Priority => type != QueueType.Stream,
        CancelOnFailover => type == QueueType.Classic,
        _ => type == QueueType.Stream,
    };

    private static void Check(
        string name, QueueType type, string resource, FieldTable arguments, Func<FieldValue, string?> check)
    {
        if (IsFor(name, type) && arguments.TryGetValue(name, out FieldValue value) && check(value) is { } wrong)
            throw new AmqpException(ReplyCode.PreconditionFailed, $"invalid arg '{name}' for {resource}: {wrong}");
    }

    private static ConsumerSettings Settings(FieldTable arguments)
    {
        bool hasPriority = arguments.TryGetValue(Priority, out FieldValue priority);
        bool hasTimeout = arguments.TryGetValue(ConsumerTimeout, out FieldValue timeout)
            && timeout.TryGetInteger(out _);
        bool hasOffset = arguments.TryGetValue(StreamOffset, out FieldValue offset);
        return new ConsumerSettings
        {
            Priority = hasPriority
                ? (int)Math.Clamp(ArgumentChecks.Number(priority), int.MinValue, int.MaxValue)
                : 0,
            CancelOnFailover = CancelsOnFailover(arguments),
            ConsumerTimeoutMs = hasTimeout ? Math.Max(ArgumentChecks.Number(timeout), 0) : null,
            StreamOffset = hasOffset ? offset : null,
        };
    }
}
