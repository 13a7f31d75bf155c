// Generated from methods.txt by tests/MethodGenerator.
#nullable enable
namespace Warren.Amqp;

/// <summary>The method tx.select (90.10). Sent by the client.</summary>
public readonly ref struct TxSelect : IMethod
{
    /// <summary>The class.</summary>
    public const ushort ClassId = 90;

    /// <summary>The method within the class.</summary>
    public const ushort MethodId = 10;

    /// <inheritdoc/>
    public int SizeBytes => 4;

    /// <summary>Reads the arguments, which must fill the rest of the input.</summary>
    /// <exception cref="WireFormatException">They do not.</exception>
    public static TxSelect Read(ref WireReader reader)
    {
        reader.ExpectEnd();
        return new TxSelect();
    }

    /// <inheritdoc/>
    public void WriteTo(ref WireWriter writer)
    {
        writer.WriteShort(ClassId);
        writer.WriteShort(MethodId);
    }
}
