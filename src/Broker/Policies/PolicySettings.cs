using Warren.Amqp;
using Warren.Broker.Arguments;
using Warren.Broker.Queues;

namespace Warren.Broker.Policies;

/// <summary>
/// What a queue's arguments and its policy come to, by the rules of RabbitMQ's queue types: of two limits the lower
/// one; for the rest the argument, but in quorum queues the policy for overflow and expiry. Pure.
/// </summary>
internal static class PolicySettings
{
    /// <param name="type">The queue's type.</param>
    /// <param name="autoDelete">As declared.</param>
    /// <param name="arguments">As declared, checked.</param>
    /// <param name="policy">What is in force; null: nothing.</param>
    /// <param name="options">For what neither says.</param>
    public static QueueSettings Of(
        QueueType type, bool autoDelete, FieldTable arguments, EffectivePolicy? policy, BrokerOptions options)
    {
        QueueSettings declared = QueueArguments.Settings(type, autoDelete, arguments, options);
        if (policy is null)
            return declared;
        FieldTable definition = policy.Definition;
        bool isQuorum = type == QueueType.Quorum;
        bool keepsOverflow = arguments.ContainsKey("x-overflow") && !isQuorum;
        return declared with
        {
            MessageTtlMs = Lower(declared.MessageTtlMs, Number(definition, "message-ttl")),
            ExpiresMs = isQuorum
                ? Number(definition, "expires") ?? declared.ExpiresMs
                : Lower(declared.ExpiresMs, Number(definition, "expires")),
            MaxLength = Lower(declared.MaxLength, Number(definition, "max-length")),
            MaxLengthBytes = Lower(declared.MaxLengthBytes, Number(definition, "max-length-bytes")),
            Overflow = !keepsOverflow && Text(definition, "overflow") is { } overflow
                ? QueueArguments.OverflowOf(type, overflow)
                : declared.Overflow,
            DeliveryLimit = (int?)Lower(declared.DeliveryLimit, Limit(definition, "delivery-limit")),
            ConsumerTimeoutMs = TimeoutOf(arguments, definition) ?? declared.ConsumerTimeoutMs,
            DeadLetterExchange = declared.DeadLetterExchange ?? Text(definition, "dead-letter-exchange"),
            DeadLetterRoutingKey = declared.DeadLetterRoutingKey ?? Text(definition, "dead-letter-routing-key"),
            WantsDeadLettersAtLeastOnce = arguments.ContainsKey("x-dead-letter-strategy")
                ? declared.WantsDeadLettersAtLeastOnce
                : Text(definition, "dead-letter-strategy") == QueueArguments.AtLeastOnce,
        };
    }

    private static long? Lower(long? one, long? other) =>
        one is { } first && other is { } second ? Math.Min(first, second) : one ?? other;

    // The lower one of the queue's own; the node's counts when there is none, be it lower or not.
    private static long? TimeoutOf(FieldTable arguments, FieldTable definition) =>
        Number(definition, "consumer-timeout") is { } timeoutMs
            ? Lower(timeoutMs, QueueArguments.ConsumerTimeoutOf(arguments))
            : null;

    // The queue counts to an int; a limit below 0 is none.
    private static long? Limit(FieldTable definition, string key) =>
        Number(definition, key) is { } limit and >= 0 ? Math.Min(limit, int.MaxValue) : null;

    private static long? Number(FieldTable definition, string key) =>
        definition.TryGetValue(key, out FieldValue value) && value.TryGetInteger(out long number) ? number : null;

    private static string? Text(FieldTable definition, string key) =>
        definition.TryGetValue(key, out FieldValue value) && value.Kind == FieldKind.LongString
            ? value.AsText()
            : null;
}
