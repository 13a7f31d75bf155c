// Generated from methods.txt by tests/MethodGenerator.
#nullable enable
namespace Warren.Amqp;

/// <summary>The method exchange.declare-ok (40.11). Sent by the server.</summary>
public readonly ref struct ExchangeDeclareOk : IMethod
{
    /// <summary>The class.</summary>
    public const ushort ClassId = 40;

    /// <summary>The method within the class.</summary>
    public const ushort MethodId = 11;

    /// <inheritdoc/>
    public int SizeBytes => 4;

    /// <summary>Reads the arguments, which must fill the rest of the input.</summary>
    /// <exception cref="WireFormatException">They do not.</exception>
    public static ExchangeDeclareOk Read(ref WireReader reader)
    {
        reader.ExpectEnd();
        return new ExchangeDeclareOk();
    }

    /// <inheritdoc/>
    public void WriteTo(ref WireWriter writer)
    {
        writer.WriteShort(ClassId);
        writer.WriteShort(MethodId);
    }
}
