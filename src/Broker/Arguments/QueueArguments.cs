using Warren.Amqp;
using Warren.Broker.Queues;
using Warren.Broker.Security;

namespace Warren.Broker.Arguments;

/// <summary>
/// RabbitMQ's rules for the arguments of queue.declare, in its order and its words. An argument that no queue type
/// knows is accepted and kept; one that another type knows is refused. Pure.
/// </summary>
public static class QueueArguments
{
    private const string DeadLetterExchange = "x-dead-letter-exchange";
    private const string DeadLetterRoutingKey = "x-dead-letter-routing-key";

    /// <summary>The dead-letter strategy by which none is given up before it has arrived.</summary>
    internal const string AtLeastOnce = "at-least-once";

    /// <summary>Checks a declaration of a queue that does not exist yet.</summary>
    /// <param name="vhost">Where.</param>
    /// <param name="queueName">
    /// With line breaks dropped. Empty asks for a name from the server, which only classic queues get: call this, or
    /// <see cref="CheckServerNamed"/>, before one is made up.
    /// </param>
    /// <param name="durable">As declared.</param>
    /// <param name="exclusive">As declared.</param>
    /// <param name="autoDelete">As declared.</param>
    /// <param name="arguments">As declared.</param>
    /// <param name="defaultQueueType">The vhost's, else the node's; empty is classic.</param>
    /// <param name="options">Where settings without an argument come from; null: RabbitMQ's defaults.</param>
    /// <exception cref="AmqpException">406.</exception>
    public static ValidQueue Validate(
        string vhost,
        string queueName,
        bool durable,
        bool exclusive,
        bool autoDelete,
        FieldTable arguments,
        string defaultQueueType,
        BrokerOptions? options = null)
    {
        FieldTable effective = WithDefaultType(durable, exclusive, autoDelete, arguments, defaultQueueType);
        string resource = ResourceName.Describe(ResourceKind.Queue, queueName, vhost);
        CheckDeadLetterExchange(resource, effective);
        QueueType type = CheckType(resource, effective);
        if (queueName.Length == 0)
            CheckServerNamed(type);
        CheckValues(resource, type, effective);
        CheckForeign(resource, type, effective);
        CheckProperties(resource, type, durable, exclusive, autoDelete);
        return new ValidQueue(type, Settings(type, autoDelete, effective, options ?? new BrokerOptions()), effective);
    }

    /// <summary>Refuses to make up a name for a queue of a type whose queues outlive their makers.</summary>
    /// <exception cref="AmqpException">406.</exception>
    public static void CheckServerNamed(QueueType type)
    {
        if (type != QueueType.Classic)
        {
            throw new AmqpException(
                ReplyCode.PreconditionFailed,
                $"Cannot declare a server-named queue for type {QueueTypes.ModuleOf(type)}");
        }
    }

    /// <summary>
    /// The arguments with the default type written in, where none was asked for and a queue of the default type could
    /// have these properties.
    /// </summary>
    public static FieldTable WithDefaultType(
        bool durable, bool exclusive, bool autoDelete, FieldTable arguments, string defaultQueueType)
    {
        bool applies = QueueTypes.TryParse(defaultQueueType, out QueueType type)
            && type != QueueType.Classic
            && !arguments.ContainsKey(QueueTypes.Argument)
            && QueueTypes.IsCompatible(type, durable, exclusive, autoDelete);
        if (!applies)
            return arguments;
        FieldTable augmented = arguments.Clone();
        augmented.Add(QueueTypes.Argument, FieldValue.Of(QueueTypes.NameOf(type)));
        return augmented;
    }

    /// <summary>The type that the arguments ask for; classic when they say nothing or nothing sensible.</summary>
    public static QueueType TypeOf(FieldTable arguments) =>
        arguments.TryGetValue(QueueTypes.Argument, out FieldValue value)
        && value.Kind == FieldKind.LongString
        && QueueTypes.TryParse(value.AsText(), out QueueType type)
            ? type
            : QueueType.Classic;

    /// <summary>
    /// What arguments that passed <see cref="Validate"/> mean to the queue, its policies left aside.
    /// </summary>
    /// <param name="type">The queue's type.</param>
    /// <param name="autoDelete">As declared.</param>
    /// <param name="arguments">Checked.</param>
    /// <param name="options">For the consumer timeout of queues that bring none.</param>
    public static QueueSettings Settings(
        QueueType type, bool autoDelete, FieldTable arguments, BrokerOptions options) =>
        new()
        {
            CountsDeliveries = type == QueueType.Quorum,
            MessageTtlMs = Number(arguments, "x-message-ttl"),
            ExpiresMs = Number(arguments, "x-expires"),
            MaxLength = Number(arguments, "x-max-length"),
            MaxLengthBytes = Number(arguments, "x-max-length-bytes"),
            Overflow = OverflowOf(type, Text(arguments, "x-overflow")),
            MaxPriority = (byte)(Number(arguments, "x-max-priority") ?? 0),
            SingleActiveConsumer =
                arguments.TryGetValue("x-single-active-consumer", out FieldValue single) && single.IsTrue,
            DeliveryLimit = DeliveryLimitOf(arguments),
            ConsumerTimeoutMs = ConsumerTimeoutOf(arguments) ?? options.ConsumerTimeoutMs,
            ConsumerTimeoutClosesChannel = options.ConsumerTimeoutClosesChannel,
            AutoDelete = autoDelete,
            DeadLetterExchange = Text(arguments, DeadLetterExchange),
            DeadLetterRoutingKey = Text(arguments, DeadLetterRoutingKey),
            WantsDeadLettersAtLeastOnce = Text(arguments, "x-dead-letter-strategy") == AtLeastOnce,
        };

    // RabbitMQ asks this first, as part of checking the right to publish there, with words of its own.
    private static void CheckDeadLetterExchange(string resource, FieldTable arguments)
    {
        if (arguments.TryGetValue(DeadLetterExchange, out FieldValue value) && value.Kind != FieldKind.LongString)
        {
            throw new AmqpException(
                ReplyCode.PreconditionFailed,
                $"invalid type '{value.RabbitMqTypeName}' for arg '{DeadLetterExchange}' in {resource}");
        }
    }

    private static QueueType CheckType(string resource, FieldTable arguments)
    {
        if (arguments.TryGetValue(QueueTypes.Argument, out FieldValue value))
            Refuse(QueueTypes.Argument, resource, ArgumentChecks.Type(value));
        return TypeOf(arguments);
    }

    private static void CheckValues(string resource, QueueType type, FieldTable arguments)
    {
        foreach (QueueArgument argument in QueueArgument.All)
        {
            if (!argument.IsFor(type) || !arguments.TryGetValue(argument.Name, out FieldValue value))
                continue;
            string? wrong = argument.Check(value);
            // It must fit into every delivery; RabbitMQ finds out only then.
            if (wrong is null && argument.Name == DeadLetterRoutingKey
                && value.AsBytes().Length > ResourceName.LimitBytes)
                wrong = $"{{value_too_long,{value.AsBytes().Length}}}";
            if (wrong is null && argument.Name == DeadLetterRoutingKey && !arguments.ContainsKey(DeadLetterExchange))
                wrong = "routing_key_but_no_dlx_defined";
            Refuse(argument.Name, resource, wrong);
        }
    }

    private static void Refuse(string argument, string resource, string? wrong)
    {
        if (wrong is not null)
            throw new AmqpException(ReplyCode.PreconditionFailed, $"invalid arg '{argument}' for {resource}: {wrong}");
    }

    private static void CheckForeign(string resource, QueueType type, FieldTable arguments)
    {
        foreach ((string name, _) in arguments)
        {
            if (QueueArgument.Find(name) is { } known && !known.IsFor(type))
            {
                throw new AmqpException(
                    ReplyCode.PreconditionFailed,
                    $"invalid arg '{name}' for {resource} of queue type {QueueTypes.ModuleOf(type)}");
            }
        }
    }

    private static void CheckProperties(string resource, QueueType type, bool durable, bool exclusive, bool autoDelete)
    {
        if (QueueTypes.IsCompatible(type, durable, exclusive, autoDelete))
            return;
        string property = autoDelete ? "auto-delete" : exclusive ? "exclusive-owner" : "non-durable";
        throw new AmqpException(ReplyCode.PreconditionFailed, $"invalid property '{property}' for {resource}");
    }

    private static long? Number(FieldTable arguments, string name) =>
        arguments.TryGetValue(name, out FieldValue value) && value.TryGetInteger(out long number) ? number : null;

    private static string? Text(FieldTable arguments, string name) =>
        arguments.TryGetValue(name, out FieldValue value) && value.Kind == FieldKind.LongString ? value.AsText() : null;

    // A quorum queue takes reject-publish-dlx and drops the head all the same.
    internal static Overflow OverflowOf(QueueType type, string? word) => word switch
    {
        "reject-publish" => Overflow.RejectPublish,
        "reject-publish-dlx" when type == QueueType.Classic => Overflow.RejectPublishDeadLetter,
        _ => Overflow.DropHead,
    };

    // What is no number limits nothing, and neither does one below 0: no message is lost to a slip of the pen.
    private static int? DeliveryLimitOf(FieldTable arguments) =>
        Number(arguments, "x-delivery-limit") is { } limit and >= 0 ? (int)Math.Min(limit, int.MaxValue) : null;

    // Not checked on declaration either; what is no number is no timeout of its own.
    internal static long? ConsumerTimeoutOf(FieldTable arguments) =>
        Number(arguments, "x-consumer-timeout") is { } timeoutMs ? Math.Max(timeoutMs, 0) : null;
}
