// Generated from methods.txt by tests/MethodGenerator.
#nullable enable
namespace Warren.Amqp;

/// <summary>The method tx.commit (90.20). Sent by the client.</summary>
public readonly ref struct TxCommit : IMethod
{
    /// <summary>The class.</summary>
    public const ushort ClassId = 90;

    /// <summary>The method within the class.</summary>
    public const ushort MethodId = 20;

    /// <inheritdoc/>
    public int SizeBytes => 4;

    /// <summary>Reads the arguments, which must fill the rest of the input.</summary>
    /// <exception cref="WireFormatException">They do not.</exception>
    public static TxCommit Read(ref WireReader reader)
    {
        reader.ExpectEnd();
        return new TxCommit();
    }

    /// <inheritdoc/>
    public void WriteTo(ref WireWriter writer)
    {
        writer.WriteShort(ClassId);
        writer.WriteShort(MethodId);
    }
}
