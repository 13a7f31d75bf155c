using System.Text;
using Warren.Broker.Durability;
using Warren.Broker.Messages;
using Warren.Broker.Queues;
using Warren.Storage;

namespace Warren.Broker.Delays;

/// <summary>
/// What a waiting message's entry says beside its bytes: docs/formats/delayed-messages.md. Numbers are of variable
/// length, 7 bits a byte, low first.
/// <code>
/// version and kind (1) | due, ms of Unix time | envelope bytes | properties bytes
///     | bytes of the vhost's name | the name | bytes of the exchange's name | the name
/// </code>
/// </summary>
internal static class DelayMeta
{
    /// <summary>What there is at most before the names.</summary>
    public const int MostHeadBytes = 31;

    private const byte MessageKind = (1 << 4) | 1;

    public static byte[] EncodeNames(string vhost, string exchange)
    {
        byte[] encoded = new byte[20 + Encoding.UTF8.GetByteCount(vhost) + Encoding.UTF8.GetByteCount(exchange)];
        int at = 0;
        WriteName(encoded, ref at, vhost);
        WriteName(encoded, ref at, exchange);
        return encoded[..at];
    }

    /// <summary>Returns how many bytes were written.</summary>
    public static int Write(Span<byte> output, in Message message, long dueUnixMs, DelayPlace place)
    {
        output[0] = MessageKind;
        int at = 1;
        MessageMeta.WriteNumber(output, ref at, dueUnixMs);
        MessageMeta.WriteNumber(output, ref at, message.EnvelopeSizeBytes);
        MessageMeta.WriteNumber(output, ref at, message.PropertiesSizeBytes);
        place.Encoded.CopyTo(output[at..]);
        return at + place.Encoded.Length;
    }

    /// <summary>Reads an entry that recovery found; the message comes without its bytes.</summary>
    /// <exception cref="DurableFormatException">It is of another version, or no delayed message.</exception>
    public static Message Read(in RecoveredEntry entry, out long dueUnixMs, out string vhost, out string exchange)
    {
        ReadOnlySpan<byte> meta = entry.Meta;
        byte kind = meta.Length > 0 ? meta[0] : (byte)0;
        if (kind != MessageKind)
        {
            throw new DurableFormatException(
                $"the entry {entry.Index} begins with {kind}, which this node does not know");
        }
        int at = 1;
        dueUnixMs = MessageMeta.ReadNumber(meta, ref at);
        int envelopeBytes = checked((int)MessageMeta.ReadNumber(meta, ref at));
        int propertiesBytes = checked((int)MessageMeta.ReadNumber(meta, ref at));
        vhost = ReadName(meta, ref at);
        exchange = ReadName(meta, ref at);
        return new Message(
            null!, 0, envelopeBytes, propertiesBytes, Math.Max(0, entry.BodyBytes - envelopeBytes - propertiesBytes));
    }

    private static void WriteName(Span<byte> output, ref int at, string name)
    {
        MessageMeta.WriteNumber(output, ref at, Encoding.UTF8.GetByteCount(name));
        at += Encoding.UTF8.GetBytes(name, output[at..]);
    }

    private static string ReadName(ReadOnlySpan<byte> input, ref int at)
    {
        long bytes = MessageMeta.ReadNumber(input, ref at);
        if (bytes < 0 || bytes > input.Length - at)
            throw new DurableFormatException("a name ends early");
        string name = Encoding.UTF8.GetString(input.Slice(at, (int)bytes));
        at += (int)bytes;
        return name;
    }
}
