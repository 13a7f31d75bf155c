using Warren.Broker.Durability;
using Warren.Storage;

namespace Warren.Broker.Queues;

/// <summary>
/// What a queue's entries say beside the message's bytes: docs/formats/queue-log.md. Numbers are of variable length,
/// 7 bits a byte, low first.
/// <code>
/// message   version and kind (1) | flags (1) | priority (1) | envelope bytes | properties bytes
///           [expires, ms of Unix time] [delivery count]
/// return    version and kind (1) | position of the message | delivery count
/// </code>
/// </summary>
internal static class MessageMeta
{
    public const int MostBytes = 64;

    private const byte Version = 1 << 4;
    private const byte MessageKind = Version | 1;
    private const byte ReturnKind = Version | 2;
    private const byte HasPersistent = 1;
    private const byte HasExpiry = 2;
    private const byte HasCount = 4;

    public static int Write(Span<byte> output, in QueuedMessage queued, long? expiresAt)
    {
        output[0] = MessageKind;
        output[1] = (byte)(
            ((queued.Flags & PublishFlags.Persistent) != 0 ? HasPersistent : 0)
            | (expiresAt is not null ? HasExpiry : 0)
            | (queued.DeliveryCount > 0 ? HasCount : 0));
        output[2] = queued.Priority;
        int at = 3;
        WriteNumber(output, ref at, queued.Message.EnvelopeSizeBytes);
        WriteNumber(output, ref at, queued.Message.PropertiesSizeBytes);
        if (expiresAt is { } expires)
            WriteNumber(output, ref at, expires);
        if (queued.DeliveryCount > 0)
            WriteNumber(output, ref at, queued.DeliveryCount);
        return at;
    }

    public static int WriteReturn(Span<byte> output, long position, int count)
    {
        output[0] = ReturnKind;
        int at = 1;
        WriteNumber(output, ref at, position);
        WriteNumber(output, ref at, count);
        return at;
    }

    /// <summary>
    /// Reads an entry that recovery found. A message comes back without its bytes, with its expiry in Unix time; false:
    /// it is a return, of which position and count are set.
    /// </summary>
    /// <exception cref="DurableFormatException">It is of another version, or not a queue's.</exception>
    public static bool Read(in RecoveredEntry entry, out QueuedMessage queued)
    {
        queued = default;
        ReadOnlySpan<byte> meta = entry.Meta;
        byte kind = meta.Length > 0 ? meta[0] : (byte)0;
        if (kind is not (MessageKind or ReturnKind))
        {
            throw new DurableFormatException(
                $"the entry {entry.Index} begins with {kind}, which this node does not know");
        }
        int at = 1;
        if (kind == ReturnKind)
        {
            queued.Position = ReadNumber(meta, ref at);
            queued.DeliveryCount = checked((int)ReadNumber(meta, ref at));
            return false;
        }
        if (meta.Length < 5)
            throw new DurableFormatException($"the entry {entry.Index} is too short");
        byte flags = meta[1];
        queued.Priority = meta[2];
        at = 3;
        int envelopeBytes = checked((int)ReadNumber(meta, ref at));
        int propertiesBytes = checked((int)ReadNumber(meta, ref at));
        int allBytes = entry.SharedBody?.SizeBytes ?? entry.BodyBytes;
        queued.Message = new Messages.Message(
            null!, 0, envelopeBytes, propertiesBytes, Math.Max(0, allBytes - envelopeBytes - propertiesBytes));
        queued.Record = entry.SharedBody is null ? entry.Position : default;
        queued.Position = entry.Index.Value;
        queued.ExpiresAtMs = (flags & HasExpiry) != 0 ? ReadNumber(meta, ref at) : long.MaxValue;
        queued.DeliveryCount = (flags & HasCount) != 0 ? checked((int)ReadNumber(meta, ref at)) : 0;
        queued.Flags = PublishFlags.Stored | ((flags & HasPersistent) != 0 ? PublishFlags.Persistent : 0);
        return true;
    }

    internal static void WriteNumber(Span<byte> output, ref int at, long value)
    {
        var rest = (ulong)value;
        while (rest >= 0x80)
        {
            output[at++] = (byte)(rest | 0x80);
            rest >>= 7;
        }
        output[at++] = (byte)rest;
    }

    internal static long ReadNumber(ReadOnlySpan<byte> input, ref int at)
    {
        ulong value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            if (at >= input.Length)
                throw new DurableFormatException("a number ends early");
            byte next = input[at++];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
                return (long)value;
        }
        throw new DurableFormatException("a number is too long");
    }
}
