using System.Text;
using Warren.Amqp;

namespace Warren.Broker.Arguments;

/// <summary>
/// What RabbitMQ checks of a published message, in its words. On the channel's hot path: nothing is allocated unless
/// the message is refused. The order is RabbitMQ's: size, user-id, expiration, then the headers.
/// </summary>
public static class PublishChecks
{
    /// <summary>What no configuration can go past; its text differs.</summary>
    private const long LargestMaxSizeBytes = 536_870_912;

    /// <exception cref="AmqpException">406: the body is larger than allowed.</exception>
    /// <param name="sizeBytes">Of the body, as the content header announces it.</param>
    /// <param name="maxSizeBytes"><c>max_message_size</c>.</param>
    public static void CheckSize(ulong sizeBytes, long maxSizeBytes)
    {
        if (sizeBytes <= (ulong)maxSizeBytes)
            return;
        string configured = maxSizeBytes == LargestMaxSizeBytes ? "" : "configured ";
        throw new AmqpException(
            ReplyCode.PreconditionFailed,
            $"message size {sizeBytes} is larger than {configured}max size {maxSizeBytes}");
    }

    /// <exception cref="AmqpException">406: the message claims another user.</exception>
    /// <param name="claimed">The user-id property.</param>
    /// <param name="usernameUtf8">The connection's user.</param>
    /// <param name="mayImpersonate">Whether the user may send in any name.</param>
    public static void CheckUserId(ReadOnlySpan<byte> claimed, ReadOnlySpan<byte> usernameUtf8, bool mayImpersonate)
    {
        if (mayImpersonate || claimed.SequenceEqual(usernameUtf8))
            return;
        throw new AmqpException(
            ReplyCode.PreconditionFailed,
            $"user_id property set to '{Encoding.UTF8.GetString(claimed)}' but authenticated user was "
            + $"'{Encoding.UTF8.GetString(usernameUtf8)}'");
    }

    /// <summary>Reads the expiration property: decimal digits, with a sign if one must.</summary>
    /// <returns>Milliseconds, 0 to ten years.</returns>
    /// <exception cref="AmqpException">406: it is no such number.</exception>
    public static long ParseExpiration(ReadOnlySpan<byte> expiration)
    {
        int start = expiration.Length > 0 && expiration[0] is (byte)'-' or (byte)'+' && expiration.Length > 0 ? 1 : 0;
        long milliseconds = 0;
        int at = start;
        for (; at < expiration.Length && expiration[at] is >= (byte)'0' and <= (byte)'9'; at++)
        {
            // Past the limit the digits no longer matter, only that they are digits.
            if (milliseconds <= ArgumentChecks.LongestTimeMs)
                milliseconds = (milliseconds * 10) + (expiration[at] - '0');
        }

        bool negative = start == 1 && expiration[0] == '-';
        if (at == start || at < expiration.Length || milliseconds > ArgumentChecks.LongestTimeMs
            || (negative && milliseconds != 0))
        {
            throw BadExpiration(expiration, start, at, negative);
        }

        return milliseconds;
    }

    /// <exception cref="AmqpException">406: 1 and 2 are the only modes.</exception>
    public static void CheckDeliveryMode(byte deliveryMode)
    {
        if (deliveryMode is not (1 or 2))
            throw InvalidMessage($"{{delivery_mode_unknown,{deliveryMode}}}");
    }

    /// <summary>CC and BCC hold arrays; what is in them beside strings is passed over.</summary>
    /// <param name="name">CC or BCC.</param>
    /// <param name="value">The header's value.</param>
    /// <exception cref="AmqpException">406: it is no array.</exception>
    public static void CheckRoutingHeader(string name, FieldValue value)
    {
        if (value.Kind != FieldKind.Array)
            throw InvalidMessage($"{{unacceptable_type_in_header,\"{name}\",{value.RabbitMqTypeName}}}");
    }

    private static AmqpException InvalidMessage(string reason) =>
        new(ReplyCode.PreconditionFailed, $"invalid message: {reason}");

    private static AmqpException BadExpiration(ReadOnlySpan<byte> expiration, int start, int end, bool negative)
    {
        string reason = "no_integer";
        if (end > start)
        {
            string digits = Encoding.ASCII.GetString(expiration[start..end]).TrimStart('0');
            reason = end < expiration.Length
                ? $"{{leftover_string,{ErlangTerm.List(expiration[end..])}}}"
                : negative
                    ? $"{{value_negative,-{digits}}}"
                    : $"{{value_too_large,{digits}}}";
        }

        return new AmqpException(
            ReplyCode.PreconditionFailed, $"invalid expiration '{Encoding.UTF8.GetString(expiration)}': {reason}");
    }
}
