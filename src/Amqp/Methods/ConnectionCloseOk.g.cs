// Generated from methods.txt by tests/MethodGenerator.
#nullable enable
namespace Warren.Amqp;

/// <summary>The method connection.close-ok (10.51). Sent by both sides.</summary>
public readonly ref struct ConnectionCloseOk : IMethod
{
    /// <summary>The class.</summary>
    public const ushort ClassId = 10;

    /// <summary>The method within the class.</summary>
    public const ushort MethodId = 51;

    /// <inheritdoc/>
    public int SizeBytes => 4;

    /// <summary>Reads the arguments, which must fill the rest of the input.</summary>
    /// <exception cref="WireFormatException">They do not.</exception>
    public static ConnectionCloseOk Read(ref WireReader reader)
    {
        reader.ExpectEnd();
        return new ConnectionCloseOk();
    }

    /// <inheritdoc/>
    public void WriteTo(ref WireWriter writer)
    {
        writer.WriteShort(ClassId);
        writer.WriteShort(MethodId);
    }
}
