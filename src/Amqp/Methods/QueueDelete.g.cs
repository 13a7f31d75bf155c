// Generated from methods.txt by tests/MethodGenerator.
#nullable enable
namespace Warren.Amqp;

/// <summary>The method queue.delete (50.40). Sent by the client.</summary>
public readonly ref struct QueueDelete : IMethod
{
    /// <summary>The class.</summary>
    public const ushort ClassId = 50;

    /// <summary>The method within the class.</summary>
    public const ushort MethodId = 40;

    /// <summary>Makes the method from its arguments.</summary>
    public QueueDelete(WireText queue, bool ifUnused, bool ifEmpty, bool noWait)
    {
        Queue = queue.Bytes;
        IfUnused = ifUnused;
        IfEmpty = ifEmpty;
        NoWait = noWait;
    }

    /// <summary>The field queue.</summary>
    public ReadOnlySpan<byte> Queue { get; }

    /// <summary>The field queue as text.</summary>
    /// <exception cref="WireFormatException">It is not UTF-8.</exception>
    public string QueueText => WireText.Decode(Queue);

    /// <summary>The field if-unused.</summary>
    public bool IfUnused { get; }

    /// <summary>The field if-empty.</summary>
    public bool IfEmpty { get; }

    /// <summary>The field no-wait.</summary>
    public bool NoWait { get; }

    /// <inheritdoc/>
    public int SizeBytes => 8 + Queue.Length;

    /// <summary>Reads the arguments, which must fill the rest of the input.</summary>
    /// <exception cref="WireFormatException">They do not.</exception>
    public static QueueDelete Read(ref WireReader reader)
    {
        reader.ReadShort();
        var queue = reader.ReadShortStringUtf8();
        var ifUnused = reader.ReadBit();
        var ifEmpty = reader.ReadBit();
        var noWait = reader.ReadBit();
        reader.ExpectEnd();
        return new QueueDelete(queue, ifUnused, ifEmpty, noWait);
    }

    /// <inheritdoc/>
    public void WriteTo(ref WireWriter writer)
    {
        writer.WriteShort(ClassId);
        writer.WriteShort(MethodId);
        writer.WriteShort(0);
        writer.WriteShortString(Queue);
        writer.WriteBit(IfUnused);
        writer.WriteBit(IfEmpty);
        writer.WriteBit(NoWait);
    }
}
