// Generated from methods.txt by tests/MethodGenerator.
#nullable enable
namespace Warren.Amqp;

/// <summary>The method access.request-ok (30.11). Sent by the server.</summary>
public readonly ref struct AccessRequestOk : IMethod
{
    /// <summary>The class.</summary>
    public const ushort ClassId = 30;

    /// <summary>The method within the class.</summary>
    public const ushort MethodId = 11;

    /// <summary>Makes the method from its arguments.</summary>
    public AccessRequestOk(ushort ticket)
    {
        Ticket = ticket;
    }

    /// <summary>The field ticket.</summary>
    public ushort Ticket { get; }

    /// <inheritdoc/>
    public int SizeBytes => 6;

    /// <summary>Reads the arguments, which must fill the rest of the input.</summary>
    /// <exception cref="WireFormatException">They do not.</exception>
    public static AccessRequestOk Read(ref WireReader reader)
    {
        var ticket = reader.ReadShort();
        reader.ExpectEnd();
        return new AccessRequestOk(ticket);
    }

    /// <inheritdoc/>
    public void WriteTo(ref WireWriter writer)
    {
        writer.WriteShort(ClassId);
        writer.WriteShort(MethodId);
        writer.WriteShort(Ticket);
    }
}
