// Generated from methods.txt by tests/MethodGenerator.
#nullable enable
namespace Warren.Amqp;

/// <summary>The method queue.purge-ok (50.31). Sent by the server.</summary>
public readonly ref struct QueuePurgeOk : IMethod
{
    /// <summary>The class.</summary>
    public const ushort ClassId = 50;

    /// <summary>The method within the class.</summary>
    public const ushort MethodId = 31;

    /// <summary>Makes the method from its arguments.</summary>
    public QueuePurgeOk(uint messageCount)
    {
        MessageCount = messageCount;
    }

    /// <summary>The field message-count.</summary>
    public uint MessageCount { get; }

    /// <inheritdoc/>
    public int SizeBytes => 8;

    /// <summary>Reads the arguments, which must fill the rest of the input.</summary>
    /// <exception cref="WireFormatException">They do not.</exception>
    public static QueuePurgeOk Read(ref WireReader reader)
    {
        var messageCount = reader.ReadLong();
        reader.ExpectEnd();
        return new QueuePurgeOk(messageCount);
    }

    /// <inheritdoc/>
    public void WriteTo(ref WireWriter writer)
    {
        writer.WriteShort(ClassId);
        writer.WriteShort(MethodId);
        writer.WriteLong(MessageCount);
    }
}
