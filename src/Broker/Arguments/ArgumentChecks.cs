using System.Globalization;
using Warren.Amqp;

namespace Warren.Broker.Arguments;

/// <summary>
/// Checks of single argument values. Each returns null, or what is wrong in the words that RabbitMQ puts after
/// <c>invalid arg 'x' for queue 'q' in vhost 'v': </c>.
/// </summary>
internal static class ArgumentChecks
{
    /// <summary>Ten years of 365 days, ms: the longest time-to-live and expiry.</summary>
    public const long LongestTimeMs = 315_360_000_000;

    public const int HighestPriority = 255;

    public static string? Integer(FieldValue value) =>
        value.TryGetInteger(out _) ? null : $"\"expected integer, got {value.RabbitMqTypeName}\"";

    public static string? Boolean(FieldValue value) =>
        value.Kind == FieldKind.Boolean ? null : Unacceptable(value);

    public static string? Text(FieldValue value) =>
        value.Kind == FieldKind.LongString ? null : Unacceptable(value);

    public static string? NotNegative(FieldValue value) =>
        Integer(value) ?? (Number(value) >= 0 ? null : $"{{value_negative,{Number(value)}}}");

    public static string? Positive(FieldValue value) =>
        NotNegative(value) ?? (Number(value) > 0 ? null : "{value_zero,0}");

    public static string? TimeToLive(FieldValue value) => Integer(value) ?? Duration(Number(value));

    public static string? Expires(FieldValue value) =>
        Integer(value) ?? (Number(value) == 0 ? "{value_zero,0}" : Duration(Number(value)));

    public static string? MaxPriority(FieldValue value) =>
        NotNegative(value) ?? (Number(value) <= HighestPriority ? null : $"{{max_value_exceeded,{Number(value)}}}");

    public static string? Version(FieldValue value) =>
        NotNegative(value) ?? (Number(value) is 1 or 2 ? null : $"\"unsupported queue version '{Number(value)}'\"");

    public static string? Mode(FieldValue value) =>
        Text(value) ?? (value.AsText() is "default" or "lazy" ? null : Unsupported("mode", value));

    public static string? Type(FieldValue value) =>
        Text(value) ?? (QueueTypes.TryParse(value.AsText(), out _) ? null : Unsupported("type", value));

    public static string? OverflowMode(FieldValue value) =>
        Text(value)
        ?? (value.AsText() is "drop-head" or "reject-publish" or "reject-publish-dlx" ? null : "invalid_overflow");

    public static string? DeadLetterStrategy(FieldValue value) =>
        Text(value) ?? (value.AsText() is "at-most-once" or "at-least-once" ? null : "invalid_dlx_strategy");

    public static string? LeaderLocator(FieldValue value) =>
        Text(value)
        ?? (value.AsText() is "client-local" or "balanced" or "random" or "least-leaders"
            ? null
            : "invalid_queue_locator_arg");

    /// <summary>
    /// x-queue-master-locator. RabbitMQ checks nothing and fails inside; the words are those of its successor.
    /// </summary>
    public static string? MasterLocator(FieldValue value) =>
        Text(value)
        ?? (value.AsText() is "client-local" or "min-masters" or "random" ? null : "invalid_queue_locator_arg");

    public static string? MaxAge(FieldValue value) =>
        Text(value) ?? (TryParseAge(value.AsText(), out _) ? null : "invalid_max_age");

    public static string? StreamOffset(FieldValue value)
    {
        bool known = value.Kind switch
        {
            FieldKind.LongString => value.AsText() is "first" or "last" or "next" || TryParseAge(value.AsText(), out _),
            FieldKind.Timestamp => true,
            _ => value.TryGetInteger(out long offset) && offset >= 0,
        };
        return known ? null : $"{{invalid_stream_offset_arg,{ErlangTerm.Typed(value)}}}";
    }

    /// <summary>Reads <c>7D</c>: a number above 0 and one of Y, M (30 days), D, h, m, s.</summary>
    public static bool TryParseAge(string age, out long milliseconds)
    {
        milliseconds = 0;
        if (age.Length < 2
            || !long.TryParse(
                age.AsSpan(0, age.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out long count)
            || count == 0)
        {
            return false;
        }

        const long second = 1000;
        const long day = 24 * 3600 * second;
        long unit = age[^1] switch
        {
            'Y' => 365 * day,
            'M' => 30 * day,
            'D' => day,
            'h' => 3600 * second,
            'm' => 60 * second,
            's' => second,
            _ => 0,
        };
        milliseconds = unit != 0 && count > long.MaxValue / unit ? long.MaxValue : count * unit;
        return unit != 0;
    }

    /// <summary>0 for what is not an integer.</summary>
    public static long Number(FieldValue value) => value.TryGetInteger(out long number) ? number : 0;

    /// <summary>Null, or why this is no time in ms.</summary>
    public static string? Duration(long milliseconds) => milliseconds switch
    {
        < 0 => $"{{value_negative,{milliseconds}}}",
        > LongestTimeMs => $"{{value_too_large,{milliseconds}}}",
        _ => null,
    };

    private static string Unacceptable(FieldValue value) => $"{{unacceptable_type,{value.RabbitMqTypeName}}}";

    private static string Unsupported(string what, FieldValue value) =>
        $"\"unsupported queue {what} '{value.AsText()}'\"";
}
