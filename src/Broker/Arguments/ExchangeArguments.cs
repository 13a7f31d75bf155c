using Warren.Amqp;
using Warren.Broker.Security;

namespace Warren.Broker.Arguments;

/// <summary>
/// RabbitMQ's rules for exchange.declare, in its order and its words. Passive declarations ask none of this.
/// Pure.
/// </summary>
public static class ExchangeArguments
{
    public const string AlternateExchange = "alternate-exchange";
    public const string DelayedType = "x-delayed-type";
    public const string HashHeader = "hash-header";
    public const string HashProperty = "hash-property";

    private const string ConsistentHash = "x-consistent-hash";
    private const string DelayedMessage = "x-delayed-message";

    private static readonly string[] KnownTypes =
        ["direct", "fanout", "topic", "headers", ConsistentHash, "x-random", DelayedMessage];

    /// <summary>Whether there is such an exchange type here.</summary>
    public static bool IsKnownType(string type) => Array.IndexOf(KnownTypes, type) >= 0;

    /// <summary>Asked first, even of an exchange that exists.</summary>
    /// <exception cref="AmqpException">406.</exception>
    public static void CheckType(string type)
    {
        if (!IsKnownType(type))
            throw new AmqpException(ReplyCode.PreconditionFailed, $"unknown exchange type '{type}'");
    }

    /// <summary>Checks the arguments of an exchange that does not exist yet.</summary>
    /// <param name="vhost">Where.</param>
    /// <param name="exchange">Its name.</param>
    /// <param name="type">A known type.</param>
    /// <param name="arguments">As declared.</param>
    /// <returns>The alternate exchange, which the user needs the right to write to; null when there is none.</returns>
    /// <exception cref="AmqpException">406.</exception>
    public static string? Validate(string vhost, string exchange, string type, FieldTable arguments)
    {
        string? alternate = AlternateOf(vhost, exchange, arguments);
        if (type == DelayedMessage)
            type = CheckDelayed(arguments);
        if (type == ConsistentHash)
            CheckHash(arguments);
        return alternate;
    }

    /// <summary>Returns when the declaration means the exchange that is there already.</summary>
    /// <param name="vhost">Where.</param>
    /// <param name="exchange">Its name.</param>
    /// <param name="current">What is there.</param>
    /// <param name="received">What was declared.</param>
    /// <exception cref="AmqpException">406: the text names the first difference.</exception>
    public static void CheckEquivalent(
        string vhost, string exchange, ExchangeProperties current, ExchangeProperties received)
    {
        string resource = ResourceName.Describe(ResourceKind.Exchange, exchange, vhost);
        Inequivalence.Check("type", resource, current.Type, received.Type);
        Inequivalence.Check("durable", resource, current.Durable, received.Durable);
        Inequivalence.Check("auto_delete", resource, current.AutoDelete, received.AutoDelete);
        Inequivalence.Check("internal", resource, current.Internal, received.Internal);
        Inequivalence.Check(AlternateExchange, resource, current.Arguments, received.Arguments);
    }

    private static string? AlternateOf(string vhost, string exchange, FieldTable arguments)
    {
        if (!arguments.TryGetValue(AlternateExchange, out FieldValue value))
            return null;
        if (value.Kind == FieldKind.LongString)
            return value.AsText();
        string resource = ResourceName.Describe(ResourceKind.Exchange, exchange, vhost);
        throw new AmqpException(
            ReplyCode.PreconditionFailed,
            $"invalid type '{value.RabbitMqTypeName}' for arg '{AlternateExchange}' in {resource}");
    }

    private static string CheckDelayed(FieldTable arguments)
    {
        if (!arguments.TryGetValue(DelayedType, out FieldValue value) || value.Kind != FieldKind.LongString)
        {
            throw new AmqpException(
                ReplyCode.PreconditionFailed, "Invalid argument, 'x-delayed-type' must be an existing exchange type");
        }

        string type = value.AsText();
        if (type == DelayedMessage)
        {
            throw new AmqpException(
                ReplyCode.PreconditionFailed,
                "Invalid argument, 'x-delayed-message' can't be used for 'x-delayed-type'");
        }

        CheckType(type);
        return type;
    }

    private static void CheckHash(FieldTable arguments)
    {
        bool byHeader = TryGetHashName(arguments, HashHeader, out _);
        bool byProperty = TryGetHashName(arguments, HashProperty, out string property);
        if (byHeader && byProperty)
        {
            throw new AmqpException(
                ReplyCode.PreconditionFailed, "hash-header and hash-property are mutually exclusive");
        }

        if (byProperty && property is not ("correlation_id" or "message_id" or "timestamp"))
            throw new AmqpException(ReplyCode.PreconditionFailed, $"Unsupported property: {property}");
    }

    // The plugin fails inside when the value is not a string; the words are those used for alternate-exchange.
    private static bool TryGetHashName(FieldTable arguments, string name, out string value)
    {
        value = "";
        if (!arguments.TryGetValue(name, out FieldValue field))
            return false;
        if (field.Kind != FieldKind.LongString)
        {
            throw new AmqpException(
                ReplyCode.PreconditionFailed, $"invalid type '{field.RabbitMqTypeName}' for arg '{name}'");
        }

        value = field.AsText();
        return true;
    }
}
