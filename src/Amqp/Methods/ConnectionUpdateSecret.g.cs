// Generated from methods.txt by tests/MethodGenerator.
#nullable enable
namespace Warren.Amqp;

/// <summary>The method connection.update-secret (10.70). Sent by the client.</summary>
public readonly ref struct ConnectionUpdateSecret : IMethod
{
    /// <summary>The class.</summary>
    public const ushort ClassId = 10;

    /// <summary>The method within the class.</summary>
    public const ushort MethodId = 70;

    /// <summary>Makes the method from its arguments.</summary>
    public ConnectionUpdateSecret(WireText newSecret, WireText reason)
    {
        NewSecret = newSecret.Bytes;
        Reason = reason.Bytes;
    }

    /// <summary>The field new-secret.</summary>
    public ReadOnlySpan<byte> NewSecret { get; }

    /// <summary>The field new-secret as text.</summary>
    /// <exception cref="WireFormatException">It is not UTF-8.</exception>
    public string NewSecretText => WireText.Decode(NewSecret);

    /// <summary>The field reason.</summary>
    public ReadOnlySpan<byte> Reason { get; }

    /// <summary>The field reason as text.</summary>
    /// <exception cref="WireFormatException">It is not UTF-8.</exception>
    public string ReasonText => WireText.Decode(Reason);

    /// <inheritdoc/>
    public int SizeBytes => 9 + NewSecret.Length + Reason.Length;

    /// <summary>Reads the arguments, which must fill the rest of the input.</summary>
    /// <exception cref="WireFormatException">They do not.</exception>
    public static ConnectionUpdateSecret Read(ref WireReader reader)
    {
        var newSecret = reader.ReadLongString();
        var reason = reader.ReadShortStringUtf8();
        reader.ExpectEnd();
        return new ConnectionUpdateSecret(newSecret, reason);
    }

    /// <inheritdoc/>
    public void WriteTo(ref WireWriter writer)
    {
        writer.WriteShort(ClassId);
        writer.WriteShort(MethodId);
        writer.WriteLongString(NewSecret);
        writer.WriteShortString(Reason);
    }
}
