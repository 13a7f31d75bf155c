// Generated from methods.txt by tests/MethodGenerator.
#nullable enable
namespace Warren.Amqp;

/// <summary>The method exchange.bind-ok (40.31). Sent by the server.</summary>
public readonly ref struct ExchangeBindOk : IMethod
{
    /// <summary>The class.</summary>
    public const ushort ClassId = 40;

    /// <summary>The method within the class.</summary>
    public const ushort MethodId = 31;

    /// <inheritdoc/>
    public int SizeBytes => 4;

    /// <summary>Reads the arguments, which must fill the rest of the input.</summary>
    /// <exception cref="WireFormatException">They do not.</exception>
    public static ExchangeBindOk Read(ref WireReader reader)
    {
        reader.ExpectEnd();
        return new ExchangeBindOk();
    }

    /// <inheritdoc/>
    public void WriteTo(ref WireWriter writer)
    {
        writer.WriteShort(ClassId);
        writer.WriteShort(MethodId);
    }
}
