// Generated from methods.txt by tests/MethodGenerator.
#nullable enable
namespace Warren.Amqp;

/// <summary>The method confirm.select-ok (85.11). Sent by the server.</summary>
public readonly ref struct ConfirmSelectOk : IMethod
{
    /// <summary>The class.</summary>
    public const ushort ClassId = 85;

    /// <summary>The method within the class.</summary>
    public const ushort MethodId = 11;

    /// <inheritdoc/>
    public int SizeBytes => 4;

    /// <summary>Reads the arguments, which must fill the rest of the input.</summary>
    /// <exception cref="WireFormatException">They do not.</exception>
    public static ConfirmSelectOk Read(ref WireReader reader)
    {
        reader.ExpectEnd();
        return new ConfirmSelectOk();
    }

    /// <inheritdoc/>
    public void WriteTo(ref WireWriter writer)
    {
        writer.WriteShort(ClassId);
        writer.WriteShort(MethodId);
    }
}
