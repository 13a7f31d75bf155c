// Generated from methods.txt by tests/MethodGenerator.
#nullable enable
namespace Warren.Amqp;

/// <summary>The method basic.qos-ok (60.11). Sent by the server.</summary>
public readonly ref struct BasicQosOk : IMethod
{
    /// <summary>The class.</summary>
    public const ushort ClassId = 60;

    /// <summary>The method within the class.</summary>
    public const ushort MethodId = 11;

    /// <inheritdoc/>
    public int SizeBytes => 4;

    /// <summary>Reads the arguments, which must fill the rest of the input.</summary>
    /// <exception cref="WireFormatException">They do not.</exception>
    public static BasicQosOk Read(ref WireReader reader)
    {
        reader.ExpectEnd();
        return new BasicQosOk();
    }

    /// <inheritdoc/>
    public void WriteTo(ref WireWriter writer)
    {
        writer.WriteShort(ClassId);
        writer.WriteShort(MethodId);
    }
}
