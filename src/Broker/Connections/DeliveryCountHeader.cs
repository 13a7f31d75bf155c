using System.Buffers.Binary;
using Warren.Amqp;

namespace Warren.Broker.Connections;

/// <summary>
/// The x-delivery-count header that quorum queues add to what they deliver. It is spliced into the raw properties,
/// since decoding and encoding them for every delivery costs ten times as much.
/// <code>
/// flags (2) | content-type | content-encoding | headers: length (4), entries, + entry | the rest
/// </code>
/// </summary>
internal static class DeliveryCountHeader
{
    private const int ContentTypeFlag = 0x8000;
    private const int ContentEncodingFlag = 0x4000;
    private const int HeadersFlag = 0x2000;
    private const int MoreFlags = 0x0001;

    /// <summary>A short string of 16 octets, the type 'l' and 8 octets.</summary>
    private const int EntryBytes = 1 + 16 + 1 + 8;

    private static ReadOnlySpan<byte> Name => "x-delivery-count"u8;

    /// <summary>How much longer the properties get at most.</summary>
    public const int MostAddedBytes = sizeof(uint) + EntryBytes;

    /// <summary>Writes the properties (flags and list) with the header set; returns how many bytes they are.</summary>
    public static int Add(ReadOnlySpan<byte> raw, long count, Span<byte> output)
    {
        int flags = BinaryPrimitives.ReadUInt16BigEndian(raw);
        int at = sizeof(ushort);
        if ((flags & ContentTypeFlag) != 0)
            at += 1 + raw[at];
        if ((flags & ContentEncodingFlag) != 0)
            at += 1 + raw[at];
        ReadOnlySpan<byte> entries = [];
        int restAt = at;
        if ((flags & HeadersFlag) != 0)
        {
            entries = raw.Slice(at + sizeof(uint), BinaryPrimitives.ReadInt32BigEndian(raw[at..]));
            restAt = at + sizeof(uint) + entries.Length;
        }
        if ((flags & MoreFlags) != 0 || entries.IndexOf(Name) >= 0)
            return AddSlowly(raw, count, output);
        raw[..at].CopyTo(output);
        BinaryPrimitives.WriteUInt16BigEndian(output, (ushort)(flags | HeadersFlag));
        BinaryPrimitives.WriteInt32BigEndian(output[at..], entries.Length + EntryBytes);
        at += sizeof(uint);
        entries.CopyTo(output[at..]);
        at += entries.Length;
        output[at] = (byte)Name.Length;
        Name.CopyTo(output[(at + 1)..]);
        output[at + 1 + Name.Length] = (byte)'l';
        BinaryPrimitives.WriteInt64BigEndian(output[(at + 2 + Name.Length)..], count);
        at += EntryBytes;
        raw[restAt..].CopyTo(output[at..]);
        return at + raw.Length - restAt;
    }

    // The message has such a header already, from a life in another queue: it is replaced.
    private static int AddSlowly(ReadOnlySpan<byte> raw, long count, Span<byte> output)
    {
        BasicProperties properties = BasicProperties.Decode(raw);
        FieldTable headers = properties.Headers?.Clone() ?? new FieldTable();
        headers.Set("x-delivery-count", FieldValue.Of(count));
        properties.Headers = headers;
        byte[] encoded = properties.ToArray();
        encoded.CopyTo(output);
        return encoded.Length;
    }
}
