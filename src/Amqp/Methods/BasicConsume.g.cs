// Generated from methods.txt by tests/MethodGenerator.
#nullable enable
namespace Warren.Amqp;

/// <summary>The method basic.consume (60.20). Sent by the client.</summary>
public readonly ref struct BasicConsume : IMethod
{
    /// <summary>The class.</summary>
    public const ushort ClassId = 60;

    /// <summary>The method within the class.</summary>
    public const ushort MethodId = 20;

    /// <summary>Makes the method from its arguments.</summary>
    public BasicConsume(
        WireText queue,
        WireText consumerTag,
        bool noLocal,
        bool noAck,
        bool exclusive,
        bool noWait,
        FieldTable arguments)
    {
        Queue = queue.Bytes;
        ConsumerTag = consumerTag.Bytes;
        NoLocal = noLocal;
        NoAck = noAck;
        Exclusive = exclusive;
        NoWait = noWait;
        Arguments = arguments;
    }

    /// <summary>The field queue.</summary>
    public ReadOnlySpan<byte> Queue { get; }

    /// <summary>The field queue as text.</summary>
    /// <exception cref="WireFormatException">It is not UTF-8.</exception>
    public string QueueText => WireText.Decode(Queue);

    /// <summary>The field consumer-tag.</summary>
    public ReadOnlySpan<byte> ConsumerTag { get; }

    /// <summary>The field consumer-tag as text.</summary>
    /// <exception cref="WireFormatException">It is not UTF-8.</exception>
    public string ConsumerTagText => WireText.Decode(ConsumerTag);

    /// <summary>The field no-local.</summary>
    public bool NoLocal { get; }

    /// <summary>The field no-ack.</summary>
    public bool NoAck { get; }

    /// <summary>The field exclusive.</summary>
    public bool Exclusive { get; }

    /// <summary>The field no-wait.</summary>
    public bool NoWait { get; }

    /// <summary>The field arguments.</summary>
    public FieldTable Arguments { get; }

    /// <inheritdoc/>
    public int SizeBytes => 9 + Queue.Length + ConsumerTag.Length + Arguments.EncodedSizeBytes;

    /// <summary>Reads the arguments, which must fill the rest of the input.</summary>
    /// <exception cref="WireFormatException">They do not.</exception>
    public static BasicConsume Read(ref WireReader reader)
    {
        reader.ReadShort();
        var queue = reader.ReadShortStringUtf8();
        var consumerTag = reader.ReadShortStringUtf8();
        var noLocal = reader.ReadBit();
        var noAck = reader.ReadBit();
        var exclusive = reader.ReadBit();
        var noWait = reader.ReadBit();
        var arguments = reader.ReadTable();
        reader.ExpectEnd();
        return new BasicConsume(queue, consumerTag, noLocal, noAck, exclusive, noWait, arguments);
    }

    /// <inheritdoc/>
    public void WriteTo(ref WireWriter writer)
    {
        writer.WriteShort(ClassId);
        writer.WriteShort(MethodId);
        writer.WriteShort(0);
        writer.WriteShortString(Queue);
        writer.WriteShortString(ConsumerTag);
        writer.WriteBit(NoLocal);
        writer.WriteBit(NoAck);
        writer.WriteBit(Exclusive);
        writer.WriteBit(NoWait);
        writer.WriteTable(Arguments);
    }
}
