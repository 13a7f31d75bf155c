using System.Buffers.Binary;
using Warren.Amqp;
using Warren.Broker.Messages;

namespace Warren.Broker.Queues.Remote;

/// <summary>The sizes that stand before a message's bytes on a line.</summary>
internal readonly record struct MessageSizes(int EnvelopeBytes, int PropertiesBytes, int BodyBytes)
{
    public const int SizeBytes = 10;

    public int TotalBytes => EnvelopeBytes + PropertiesBytes + BodyBytes;

    public static void Write(Span<byte> room, in Message message)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(room, (ushort)message.EnvelopeSizeBytes);
        BinaryPrimitives.WriteInt32LittleEndian(room[2..], message.PropertiesSizeBytes);
        BinaryPrimitives.WriteInt32LittleEndian(room[6..], message.BodySizeBytes);
    }

    /// <exception cref="FormatException">No message has such sizes.</exception>
    public static MessageSizes Read(ref LineReader reader)
    {
        var sizes = new MessageSizes(reader.UInt16(), reader.Int32(), reader.Int32());
        bool isSound = sizes is { EnvelopeBytes: >= 2 and <= 512, PropertiesBytes: >= 0, BodyBytes: >= 0 }
            && (long)sizes.PropertiesBytes + sizes.BodyBytes < int.MaxValue - 512;
        return isSound ? sizes : throw new FormatException($"a message on a line has the sizes {sizes}");
    }

    /// <summary>
    /// The envelope is two short strings, and the properties are such as a client's are checked to be: everything that
    /// routes, delivers and dead-letters relies on it.
    /// </summary>
    /// <exception cref="FormatException">They are not.</exception>
    public static void Check(in Message message)
    {
        ReadOnlySpan<byte> envelope = message.Envelope;
        int second = 1 + envelope[0];
        if (second >= envelope.Length || second + 1 + envelope[second] != envelope.Length)
            throw new FormatException("a message on a line has no sound envelope");
        if (!PropertiesView.AreFixed(message.Properties))
            CheckProperties(message.Properties);
    }

    private static void CheckProperties(ReadOnlySpan<byte> properties)
    {
        try
        {
            PropertiesView.Parse(properties);
        }
        catch (WireFormatException error)
        {
            throw new FormatException($"a message on a line has no sound properties: {error.Message}", error);
        }
    }

    public Message At(Slab slab, int offset) => new(slab, offset, EnvelopeBytes, PropertiesBytes, BodyBytes);
}
