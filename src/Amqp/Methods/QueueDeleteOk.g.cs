// Generated from methods.txt by tests/MethodGenerator.
#nullable enable
namespace Warren.Amqp;

/// <summary>The method queue.delete-ok (50.41). Sent by the server.</summary>
public readonly ref struct QueueDeleteOk : IMethod
{
    /// <summary>The class.</summary>
    public const ushort ClassId = 50;

    /// <summary>The method within the class.</summary>
    public const ushort MethodId = 41;

    /// <summary>Makes the method from its arguments.</summary>
    public QueueDeleteOk(uint messageCount)
    {
        MessageCount = messageCount;
    }

    /// <summary>The field message-count.</summary>
    public uint MessageCount { get; }

    /// <inheritdoc/>
    public int SizeBytes => 8;

    /// <summary>Reads the arguments, which must fill the rest of the input.</summary>
    /// <exception cref="WireFormatException">They do not.</exception>
    public static QueueDeleteOk Read(ref WireReader reader)
    {
        var messageCount = reader.ReadLong();
        reader.ExpectEnd();
        return new QueueDeleteOk(messageCount);
    }

    /// <inheritdoc/>
    public void WriteTo(ref WireWriter writer)
    {
        writer.WriteShort(ClassId);
        writer.WriteShort(MethodId);
        writer.WriteLong(MessageCount);
    }
}
