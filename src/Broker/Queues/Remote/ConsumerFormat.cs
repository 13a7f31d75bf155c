using System.Buffers.Binary;
using System.Text;
using Warren.Amqp;
using Warren.Broker.Operations;
using Warren.Cluster;

namespace Warren.Broker.Queues.Remote;

/// <summary>
/// A consumer as nodes tell each other of it for lists (docs/formats/queues-between-nodes.md). Little-endian:
/// 16 node, 8 connection, 2 channel, 1 flags, 4 prefetch, 1 length of the tag, 2 length of the arguments, tag,
/// arguments as a table.
/// </summary>
internal static class ConsumerFormat
{
    /// <summary>
    /// Longer arguments are left out: they are only shown, and some consumers should fit one frame.
    /// </summary>
    public const int MostArgumentsBytes = 4096;

    private const int HeadBytes = NodeId.SizeBytes + 8 + 2 + 1 + 4 + 1 + 2;
    private const byte NoAck = 1;
    private const byte Exclusive = 2;
    private const byte Active = 4;

    /// <summary>What <see cref="Write"/> writes at most: a tag is a short string.</summary>
    public const int MostBytes = HeadBytes + 255 + MostArgumentsBytes;

    /// <summary>The table's bytes; none if there are no arguments, or too many.</summary>
    public static byte[] Encode(FieldTable arguments)
    {
        if (arguments.Count == 0 || arguments.EncodedSizeBytes > MostArgumentsBytes)
            return [];
        byte[] bytes = new byte[arguments.EncodedSizeBytes];
        var writer = new WireWriter(bytes);
        writer.WriteTable(arguments);
        return bytes;
    }

    /// <exception cref="FormatException">It is no table.</exception>
    public static FieldTable Decode(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
            return FieldTable.Empty;
        try
        {
            return FieldTable.Decode(bytes);
        }
        catch (WireFormatException error)
        {
            throw new FormatException($"a consumer's arguments are no table: {error.Message}", error);
        }
    }

    /// <summary>Returns how many bytes it takes.</summary>
    /// <param name="output">Has <see cref="MostBytes"/>.</param>
    /// <param name="consumer">Who.</param>
    /// <param name="self">This node, whose clients bear no node yet.</param>
    public static int Write(Span<byte> output, ConsumerStatus consumer, NodeId self)
    {
        byte[] arguments = Encode(consumer.Arguments);
        (consumer.Node.IsNone ? self : consumer.Node).Write(output);
        BinaryPrimitives.WriteInt64LittleEndian(output[16..], consumer.ConnectionId);
        BinaryPrimitives.WriteUInt16LittleEndian(output[24..], consumer.Channel);
        output[26] = (byte)((consumer.NoAck ? NoAck : 0) | (consumer.Exclusive ? Exclusive : 0)
            | (consumer.IsActive ? Active : 0));
        BinaryPrimitives.WriteInt32LittleEndian(output[27..], consumer.PrefetchCount);
        int tagBytes = Encoding.UTF8.GetBytes(consumer.Tag, output[HeadBytes..]);
        output[31] = (byte)tagBytes;
        BinaryPrimitives.WriteUInt16LittleEndian(output[32..], (ushort)arguments.Length);
        arguments.CopyTo(output[(HeadBytes + tagBytes)..]);
        return HeadBytes + tagBytes + arguments.Length;
    }

    /// <exception cref="FormatException">It ends too early, or its arguments are no table.</exception>
    public static ConsumerStatus Read(ref LineReader reader, QueueDefinition queue)
    {
        NodeId node = NodeId.Read(reader.Take(NodeId.SizeBytes));
        long connection = reader.Int64();
        ushort channel = reader.UInt16();
        byte flags = reader.Byte();
        int prefetch = reader.Int32();
        int tagBytes = reader.Byte();
        int argumentsBytes = reader.UInt16();
        return new ConsumerStatus
        {
            Queue = queue,
            Node = node,
            ConnectionId = connection,
            Channel = channel,
            Tag = Encoding.UTF8.GetString(reader.Take(tagBytes)),
            NoAck = (flags & NoAck) != 0,
            Exclusive = (flags & Exclusive) != 0,
            PrefetchCount = prefetch,
            Arguments = Decode(reader.Take(argumentsBytes)),
            IsActive = (flags & Active) != 0,
        };
    }
}
