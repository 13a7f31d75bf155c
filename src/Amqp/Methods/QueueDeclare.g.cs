// Generated from methods.txt by tests/MethodGenerator.
#nullable enable
namespace Warren.Amqp;

/// <summary>The method queue.declare (50.10). Sent by the client.</summary>
public readonly ref struct QueueDeclare : IMethod
{
    /// <summary>The class.</summary>
    public const ushort ClassId = 50;

    /// <summary>The method within the class.</summary>
    public const ushort MethodId = 10;

    /// <summary>Makes the method from its arguments.</summary>
    public QueueDeclare(
        WireText queue,
        bool passive,
        bool durable,
        bool exclusive,
        bool autoDelete,
        bool noWait,
        FieldTable arguments)
    {
        Queue = queue.Bytes;
        Passive = passive;
        Durable = durable;
        Exclusive = exclusive;
        AutoDelete = autoDelete;
        NoWait = noWait;
        Arguments = arguments;
    }

    /// <summary>The field queue.</summary>
    public ReadOnlySpan<byte> Queue { get; }

    /// <summary>The field queue as text.</summary>
    /// <exception cref="WireFormatException">It is not UTF-8.</exception>
    public string QueueText => WireText.Decode(Queue);

    /// <summary>The field passive.</summary>
    public bool Passive { get; }

    /// <summary>The field durable.</summary>
    public bool Durable { get; }

    /// <summary>The field exclusive.</summary>
    public bool Exclusive { get; }

    /// <summary>The field auto-delete.</summary>
    public bool AutoDelete { get; }

    /// <summary>The field no-wait.</summary>
    public bool NoWait { get; }

    /// <summary>The field arguments.</summary>
    public FieldTable Arguments { get; }

    /// <inheritdoc/>
    public int SizeBytes => 8 + Queue.Length + Arguments.EncodedSizeBytes;

    /// <summary>Reads the arguments, which must fill the rest of the input.</summary>
    /// <exception cref="WireFormatException">They do not.</exception>
    public static QueueDeclare Read(ref WireReader reader)
    {
        reader.ReadShort();
        var queue = reader.ReadShortStringUtf8();
        var passive = reader.ReadBit();
        var durable = reader.ReadBit();
        var exclusive = reader.ReadBit();
        var autoDelete = reader.ReadBit();
        var noWait = reader.ReadBit();
        var arguments = reader.ReadTable();
        reader.ExpectEnd();
        return new QueueDeclare(queue, passive, durable, exclusive, autoDelete, noWait, arguments);
    }

    /// <inheritdoc/>
    public void WriteTo(ref WireWriter writer)
    {
        writer.WriteShort(ClassId);
        writer.WriteShort(MethodId);
        writer.WriteShort(0);
        writer.WriteShortString(Queue);
        writer.WriteBit(Passive);
        writer.WriteBit(Durable);
        writer.WriteBit(Exclusive);
        writer.WriteBit(AutoDelete);
        writer.WriteBit(NoWait);
        writer.WriteTable(Arguments);
    }
}
