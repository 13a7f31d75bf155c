using System.Buffers.Binary;
using Warren.Amqp;

namespace Warren.Faults.Ledgers;

/// <summary>
/// A message of a fault run. Everything about it follows from these few values, which its body begins with, so that
/// what comes back is compared byte by byte with what was sent and nobody has to keep it.
/// </summary>
public sealed record Message(MessageId Id, int SizeBytes, bool IsPersistent, byte? Priority = null)
{
    /// <summary>The least size: source (4), sequence (8), size (4), persistent (1), priority (1; 255: none).</summary>
    public const int HeadBytes = 18;

    private const byte NoPriority = 255;

    /// <summary>The body.</summary>
    public byte[] Body()
    {
        byte[] body = new byte[SizeBytes];
        BinaryPrimitives.WriteInt32LittleEndian(body, Id.Source);
        BinaryPrimitives.WriteInt64LittleEndian(body.AsSpan(4), Id.Sequence);
        BinaryPrimitives.WriteInt32LittleEndian(body.AsSpan(12), SizeBytes);
        body[16] = IsPersistent ? (byte)1 : (byte)0;
        body[17] = Priority ?? NoPriority;
        uint state = (uint)(Id.Source * 31) ^ (uint)(Id.Sequence * 2_654_435_761) | 1;
        for (int at = HeadBytes; at < body.Length; at++)
        {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            body[at] = (byte)state;
        }
        return body;
    }

    /// <summary>Flags and list of its properties.</summary>
    public byte[] Properties() =>
        new BasicProperties { DeliveryMode = IsPersistent ? (byte)2 : (byte)1, Priority = Priority }.ToArray();

    /// <summary>The message that a body says it is, or null when it is that of none.</summary>
    public static Message? Read(ReadOnlySpan<byte> body)
    {
        if (body.Length < HeadBytes)
            return null;
        var id = new MessageId(
            BinaryPrimitives.ReadInt32LittleEndian(body), BinaryPrimitives.ReadInt64LittleEndian(body[4..]));
        var message = new Message(id, body.Length, body[16] == 1, body[17] == NoPriority ? null : body[17]);
        return message.Body().AsSpan().SequenceEqual(body) ? message : null;
    }
}
