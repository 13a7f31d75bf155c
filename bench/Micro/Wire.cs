using System.Buffers.Binary;

namespace Warren.Micro;

/// <summary>
/// Frames of the sizes AMQP 0-9-1 has, so that cutting and encoding cost what they cost in a broker: method, header and
/// body frame, each with 7 octets before its payload and one after.
/// </summary>
internal static class Wire
{
    private const int Overhead = 8;
    private const int HeadBytes = 7;
    private const int PublishBytes = 4 + 2 + 1 + 6 + 1;
    private const int DeliverBytes = 4 + 3 + 8 + 1 + 1 + 6;
    private const int HeaderBytes = 14;

    internal static int PublishedBytes(int bodyBytes) => (3 * Overhead) + PublishBytes + HeaderBytes + bodyBytes;

    internal static int DeliveredBytes(int bodyBytes) => (3 * Overhead) + DeliverBytes + HeaderBytes + bodyBytes;

    /// <summary>Fills the buffer with whole messages; returns how many bytes they are.</summary>
    internal static int Fill(Span<byte> buffer, int bodyBytes, int most)
    {
        int at = 0;
        for (int i = 0; i < most && buffer.Length - at >= PublishedBytes(bodyBytes); i++)
        {
            Frame(buffer, ref at, 1, PublishBytes)[4..].Fill(1);
            BinaryPrimitives.WriteInt64BigEndian(Frame(buffer, ref at, 2, HeaderBytes)[4..], bodyBytes);
            Frame(buffer, ref at, 3, bodyBytes).Fill(7);
        }

        return at;
    }

    /// <summary>Cuts the message at <paramref name="at"/> and moves on to the next.</summary>
    internal static Message Cut(Slab slab, ref int at)
    {
        ReadOnlySpan<byte> bytes = slab.Bytes;
        at = Skip(bytes, at, 1);
        long bodyBytes = BinaryPrimitives.ReadInt64BigEndian(bytes[(at + HeadBytes + 4)..]);
        at = Skip(bytes, at, 2);
        int bodyAt = at + HeadBytes;
        at = Skip(bytes, at, 3);
        return new Message(slab, bodyAt, (int)bodyBytes);
    }

    /// <summary>Encodes one delivery; returns the position after it.</summary>
    internal static int Deliver(Span<byte> buffer, int at, in Message message, long tag)
    {
        Span<byte> method = Frame(buffer, ref at, 1, DeliverBytes);
        BinaryPrimitives.WriteInt32BigEndian(method, (60 << 16) | 60);
        BinaryPrimitives.WriteInt64BigEndian(method[7..], tag);
        BinaryPrimitives.WriteInt64BigEndian(Frame(buffer, ref at, 2, HeaderBytes)[4..], message.BodyBytes);
        message.Slab.Bytes.AsSpan(message.BodyAt, message.BodyBytes)
            .CopyTo(Frame(buffer, ref at, 3, message.BodyBytes));
        return at;
    }

    private static Span<byte> Frame(Span<byte> buffer, ref int at, byte type, int payloadBytes)
    {
        Span<byte> frame = buffer.Slice(at, payloadBytes + Overhead);
        frame[0] = type;
        BinaryPrimitives.WriteInt16BigEndian(frame[1..], 1);
        BinaryPrimitives.WriteInt32BigEndian(frame[3..], payloadBytes);
        frame[^1] = 0xCE;
        at += frame.Length;
        return frame.Slice(HeadBytes, payloadBytes);
    }

    private static int Skip(ReadOnlySpan<byte> bytes, int at, byte type)
    {
        int next = at + Overhead + BinaryPrimitives.ReadInt32BigEndian(bytes[(at + 3)..]);
        return bytes[at] == type && bytes[next - 1] == 0xCE ? next : throw new InvalidOperationException("torn frame");
    }
}
