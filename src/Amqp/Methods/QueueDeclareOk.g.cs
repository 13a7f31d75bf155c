// Generated from methods.txt by tests/MethodGenerator.
#nullable enable
namespace Warren.Amqp;

/// <summary>The method queue.declare-ok (50.11). Sent by the server.</summary>
public readonly ref struct QueueDeclareOk : IMethod
{
    /// <summary>The class.</summary>
    public const ushort ClassId = 50;

    /// <summary>The method within the class.</summary>
    public const ushort MethodId = 11;

    /// <summary>Makes the method from its arguments.</summary>
    public QueueDeclareOk(WireText queue, uint messageCount, uint consumerCount)
    {
        Queue = queue.Bytes;
        MessageCount = messageCount;
        ConsumerCount = consumerCount;
    }

    /// <summary>The field queue.</summary>
    public ReadOnlySpan<byte> Queue { get; }

    /// <summary>The field queue as text.</summary>
    /// <exception cref="WireFormatException">It is not UTF-8.</exception>
    public string QueueText => WireText.Decode(Queue);

    /// <summary>The field message-count.</summary>
    public uint MessageCount { get; }

    /// <summary>The field consumer-count.</summary>
    public uint ConsumerCount { get; }

    /// <inheritdoc/>
    public int SizeBytes => 13 + Queue.Length;

    /// <summary>Reads the arguments, which must fill the rest of the input.</summary>
    /// <exception cref="WireFormatException">They do not.</exception>
    public static QueueDeclareOk Read(ref WireReader reader)
    {
        var queue = reader.ReadShortStringUtf8();
        var messageCount = reader.ReadLong();
        var consumerCount = reader.ReadLong();
        reader.ExpectEnd();
        return new QueueDeclareOk(queue, messageCount, consumerCount);
    }

    /// <inheritdoc/>
    public void WriteTo(ref WireWriter writer)
    {
        writer.WriteShort(ClassId);
        writer.WriteShort(MethodId);
        writer.WriteShortString(Queue);
        writer.WriteLong(MessageCount);
        writer.WriteLong(ConsumerCount);
    }
}
