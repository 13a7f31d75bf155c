// Generated from methods.txt by tests/MethodGenerator.
#nullable enable
namespace Warren.Amqp;

/// <summary>The method confirm.select (85.10). Sent by the client.</summary>
public readonly ref struct ConfirmSelect : IMethod
{
    /// <summary>The class.</summary>
    public const ushort ClassId = 85;

    /// <summary>The method within the class.</summary>
    public const ushort MethodId = 10;

    /// <summary>Makes the method from its arguments.</summary>
    public ConfirmSelect(bool noWait)
    {
        NoWait = noWait;
    }

    /// <summary>The field no-wait.</summary>
    public bool NoWait { get; }

    /// <inheritdoc/>
    public int SizeBytes => 5;

    /// <summary>Reads the arguments, which must fill the rest of the input.</summary>
    /// <exception cref="WireFormatException">They do not.</exception>
    public static ConfirmSelect Read(ref WireReader reader)
    {
        var noWait = reader.ReadBit();
        reader.ExpectEnd();
        return new ConfirmSelect(noWait);
    }

    /// <inheritdoc/>
    public void WriteTo(ref WireWriter writer)
    {
        writer.WriteShort(ClassId);
        writer.WriteShort(MethodId);
        writer.WriteBit(NoWait);
    }
}
