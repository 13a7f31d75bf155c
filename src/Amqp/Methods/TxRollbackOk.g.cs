// Generated from methods.txt by tests/MethodGenerator.
#nullable enable
namespace Warren.Amqp;

/// <summary>The method tx.rollback-ok (90.31). Sent by the server.</summary>
public readonly ref struct TxRollbackOk : IMethod
{
    /// <summary>The class.</summary>
    public const ushort ClassId = 90;

    /// <summary>The method within the class.</summary>
    public const ushort MethodId = 31;

    /// <inheritdoc/>
    public int SizeBytes => 4;

    /// <summary>Reads the arguments, which must fill the rest of the input.</summary>
    /// <exception cref="WireFormatException">They do not.</exception>
    public static TxRollbackOk Read(ref WireReader reader)
    {
        reader.ExpectEnd();
        return new TxRollbackOk();
    }

    /// <inheritdoc/>
    public void WriteTo(ref WireWriter writer)
    {
        writer.WriteShort(ClassId);
        writer.WriteShort(MethodId);
    }
}
