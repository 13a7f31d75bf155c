// Generated from methods.txt by tests/MethodGenerator.
#nullable enable
namespace Warren.Amqp;

/// <summary>The method connection.blocked (10.60). Sent by the server.</summary>
public readonly ref struct ConnectionBlocked : IMethod
{
    /// <summary>The class.</summary>
    public const ushort ClassId = 10;

    /// <summary>The method within the class.</summary>
    public const ushort MethodId = 60;

    /// <summary>Makes the method from its arguments.</summary>
    public ConnectionBlocked(WireText reason)
    {
        Reason = reason.Bytes;
    }

    /// <summary>The field reason.</summary>
    public ReadOnlySpan<byte> Reason { get; }

    /// <summary>The field reason as text.</summary>
    /// <exception cref="WireFormatException">It is not UTF-8.</exception>
    public string ReasonText => WireText.Decode(Reason);

    /// <inheritdoc/>
    public int SizeBytes => 5 + Reason.Length;

    /// <summary>Reads the arguments, which must fill the rest of the input.</summary>
    /// <exception cref="WireFormatException">They do not.</exception>
    public static ConnectionBlocked Read(ref WireReader reader)
    {
        var reason = reader.ReadShortStringUtf8();
        reader.ExpectEnd();
        return new ConnectionBlocked(reason);
    }

    /// <inheritdoc/>
    public void WriteTo(ref WireWriter writer)
    {
        writer.WriteShort(ClassId);
        writer.WriteShort(MethodId);
        writer.WriteShortString(Reason);
    }
}
