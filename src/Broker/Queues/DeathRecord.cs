using Warren.Amqp;
using Warren.Broker.Messages;

namespace Warren.Broker.Queues;

/// <summary>
/// The headers that tell of a message's deaths: x-death (an entry for each queue and reason, latest first, counted),
/// x-first-death-* and x-last-death-*, as RabbitMQ 3.13 writes them.
/// </summary>
internal static class DeathRecord
{
    private const string Deaths = "x-death";

    public static string NameOf(DeadLetterReason reason) => reason switch
    {
        DeadLetterReason.Rejected => "rejected",
        DeadLetterReason.Expired => "expired",
        DeadLetterReason.MaxLength => "maxlen",
        _ => "delivery_limit",
    };

    /// <summary>Records one more death.</summary>
    /// <param name="headers">The message's headers, changed.</param>
    /// <param name="message">The message as it was in the queue.</param>
    /// <param name="properties">Its properties, with the expiration still there.</param>
    /// <param name="reason">Why it died.</param>
    /// <param name="queue">Where.</param>
    /// <param name="now">When, by the wall clock: shown to people, decides nothing.</param>
    public static void AddTo(
        FieldTable headers, in Message message, BasicProperties properties,
        DeadLetterReason reason, string queue, DateTimeOffset now)
    {
        string reasonName = NameOf(reason);
        string exchange = WireText.Decode(message.Exchange);
        var others = new List<FieldValue>();
        FieldTable death = NewDeath(message, properties, headers, reasonName, queue, exchange, now);
        foreach (FieldValue earlier in DeathsOf(headers))
        {
            if (earlier.Kind == FieldKind.Table && IsOf(earlier.AsTable(), queue, reasonName))
            {
                death = earlier.AsTable().Clone();
                death.Set("count", FieldValue.Of(CountOf(death) + 1));
            }
            else
            {
                others.Add(earlier);
            }
        }
        headers.Set(Deaths, FieldValue.Of(new FieldArray([FieldValue.Of(death), .. others])));
        if (!headers.ContainsKey("x-first-death-reason"))
            Set(headers, "first", reasonName, queue, exchange);
        Set(headers, "last", reasonName, queue, exchange);
    }

    /// <summary>
    /// Whether the message has been in this queue before and came round without anybody rejecting it: it would go round
    /// for ever.
    /// </summary>
    public static bool IsAutomaticCycle(FieldTable headers, string queue)
    {
        foreach (FieldValue death in DeathsOf(headers))
        {
            if (death.Kind != FieldKind.Table)
                continue;
            if (TextOf(death.AsTable(), "reason") == "rejected")
                return false;
            if (TextOf(death.AsTable(), "queue") == queue)
                return true;
        }
        return false;
    }

    private static FieldTable NewDeath(
        in Message message, BasicProperties properties, FieldTable headers, string reason,
        string queue, string exchange, DateTimeOffset now)
    {
        List<FieldValue> keys = [FieldValue.OfLongString(message.RoutingKey)];
        if (headers.TryGetValue("CC", out FieldValue copies) && copies.Kind == FieldKind.Array)
            keys.AddRange(copies.AsArray());
        var death = new FieldTable();
        death.Add("count", FieldValue.Of(1L));
        death.Add("reason", FieldValue.Of(reason));
        death.Add("queue", FieldValue.Of(queue));
        death.Add("time", FieldValue.OfTimestamp((ulong)now.ToUnixTimeSeconds()));
        death.Add("exchange", FieldValue.Of(exchange));
        death.Add("routing-keys", FieldValue.Of(new FieldArray([.. keys])));
        if (properties.Expiration is { } expiration)
            death.Add("original-expiration", FieldValue.Of(expiration));
        return death;
    }

    private static FieldArray DeathsOf(FieldTable headers) =>
        headers.TryGetValue(Deaths, out FieldValue value) && value.Kind == FieldKind.Array
            ? value.AsArray()
            : FieldArray.Empty;

    private static bool IsOf(FieldTable death, string queue, string reason) =>
        TextOf(death, "queue") == queue && TextOf(death, "reason") == reason;

    private static string? TextOf(FieldTable table, string name) =>
        table.TryGetValue(name, out FieldValue value) && value.Kind == FieldKind.LongString ? value.AsText() : null;

    private static long CountOf(FieldTable death) =>
        death.TryGetValue("count", out FieldValue value) && value.TryGetInteger(out long count) ? count : 0;

    private static void Set(FieldTable headers, string which, string reason, string queue, string exchange)
    {
        headers.Set($"x-{which}-death-reason", FieldValue.Of(reason));
        headers.Set($"x-{which}-death-queue", FieldValue.Of(queue));
        headers.Set($"x-{which}-death-exchange", FieldValue.Of(exchange));
    }
}
