// Generated from methods.txt by tests/MethodGenerator.
#nullable enable
namespace Warren.Amqp;

/// <summary>The method basic.get (60.70). Sent by the client.</summary>
public readonly ref struct BasicGet : IMethod
{
    /// <summary>The class.</summary>
    public const ushort ClassId = 60;

    /// <summary>The method within the class.</summary>
    public const ushort MethodId = 70;

    /// <summary>Makes the method from its arguments.</summary>
    public BasicGet(WireText queue, bool noAck)
    {
        Queue = queue.Bytes;
        NoAck = noAck;
    }

    /// <summary>The field queue.</summary>
    public ReadOnlySpan<byte> Queue { get; }

    /// <summary>The field queue as text.</summary>
    /// <exception cref="WireFormatException">It is not UTF-8.</exception>
    public string QueueText => WireText.Decode(Queue);

    /// <summary>The field no-ack.</summary>
    public bool NoAck { get; }

    /// <inheritdoc/>
    public int SizeBytes => 8 + Queue.Length;

    /// <summary>Reads the arguments, which must fill the rest of the input.</summary>
    /// <exception cref="WireFormatException">They do not.</exception>
    public static BasicGet Read(ref WireReader reader)
    {
        reader.ReadShort();
        var queue = reader.ReadShortStringUtf8();
        var noAck = reader.ReadBit();
        reader.ExpectEnd();
        return new BasicGet(queue, noAck);
    }

    /// <inheritdoc/>
    public void WriteTo(ref WireWriter writer)
    {
        writer.WriteShort(ClassId);
        writer.WriteShort(MethodId);
        writer.WriteShort(0);
        writer.WriteShortString(Queue);
        writer.WriteBit(NoAck);
    }
}
