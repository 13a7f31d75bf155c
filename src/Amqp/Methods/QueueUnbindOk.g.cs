// Generated from methods.txt by tests/MethodGenerator.
#nullable enable
namespace Warren.Amqp;

/// <summary>The method queue.unbind-ok (50.51). Sent by the server.</summary>
public readonly ref struct QueueUnbindOk : IMethod
{
    /// <summary>The class.</summary>
    public const ushort ClassId = 50;

    /// <summary>The method within the class.</summary>
    public const ushort MethodId = 51;

    /// <inheritdoc/>
    public int SizeBytes => 4;

    /// <summary>Reads the arguments, which must fill the rest of the input.</summary>
    /// <exception cref="WireFormatException">They do not.</exception>
    public static QueueUnbindOk Read(ref WireReader reader)
    {
        reader.ExpectEnd();
        return new QueueUnbindOk();
    }

    /// <inheritdoc/>
    public void WriteTo(ref WireWriter writer)
    {
        writer.WriteShort(ClassId);
        writer.WriteShort(MethodId);
    }
}
