// Generated from methods.txt by tests/MethodGenerator.
#nullable enable
namespace Warren.Amqp;

/// <summary>The method queue.purge (50.30). Sent by the client.</summary>
public readonly ref struct QueuePurge : IMethod
{
    /// <summary>The class.</summary>
    public const ushort ClassId = 50;

    /// <summary>The method within the class.</summary>
    public const ushort MethodId = 30;

    /// <summary>Makes the method from its arguments.</summary>
    public QueuePurge(WireText queue, bool noWait)
    {
        Queue = queue.Bytes;
        NoWait = noWait;
    }

    /// <summary>The field queue.</summary>
    public ReadOnlySpan<byte> Queue { get; }

    /// <summary>The field queue as text.</summary>
    /// <exception cref="WireFormatException">It is not UTF-8.</exception>
    public string QueueText => WireText.Decode(Queue);

    /// <summary>The field no-wait.</summary>
    public bool NoWait { get; }

    /// <inheritdoc/>
    public int SizeBytes => 8 + Queue.Length;

    /// <summary>Reads the arguments, which must fill the rest of the input.</summary>
    /// <exception cref="WireFormatException">They do not.</exception>
    public static QueuePurge Read(ref WireReader reader)
    {
        reader.ReadShort();
        var queue = reader.ReadShortStringUtf8();
        var noWait = reader.ReadBit();
        reader.ExpectEnd();
        return new QueuePurge(queue, noWait);
    }

    /// <inheritdoc/>
    public void WriteTo(ref WireWriter writer)
    {
        writer.WriteShort(ClassId);
        writer.WriteShort(MethodId);
        writer.WriteShort(0);
        writer.WriteShortString(Queue);
        writer.WriteBit(NoWait);
    }
}
