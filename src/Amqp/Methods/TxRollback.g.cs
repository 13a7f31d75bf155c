// Generated from methods.txt by tests/MethodGenerator.
#nullable enable
namespace Warren.Amqp;

/// <summary>The method tx.rollback (90.30). Sent by the client.</summary>
public readonly ref struct TxRollback : IMethod
{
    /// <summary>The class.</summary>
    public const ushort ClassId = 90;

    /// <summary>The method within the class.</summary>
    public const ushort MethodId = 30;

    /// <inheritdoc/>
    public int SizeBytes => 4;

    /// <summary>Reads the arguments, which must fill the rest of the input.</summary>
    /// <exception cref="WireFormatException">They do not.</exception>
    public static TxRollback Read(ref WireReader reader)
    {
        reader.ExpectEnd();
        return new TxRollback();
    }

    /// <inheritdoc/>
    public void WriteTo(ref WireWriter writer)
    {
        writer.WriteShort(ClassId);
        writer.WriteShort(MethodId);
    }
}
