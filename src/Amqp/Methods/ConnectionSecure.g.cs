// Generated from methods.txt by tests/MethodGenerator.
#nullable enable
namespace Warren.Amqp;

/// <summary>The method connection.secure (10.20). Sent by the server.</summary>
public readonly ref struct ConnectionSecure : IMethod
{
    /// <summary>The class.</summary>
    public const ushort ClassId = 10;

    /// <summary>The method within the class.</summary>
    public const ushort MethodId = 20;

    /// <summary>Makes the method from its arguments.</summary>
    public ConnectionSecure(WireText challenge)
    {
        Challenge = challenge.Bytes;
    }

    /// <summary>The field challenge.</summary>
    public ReadOnlySpan<byte> Challenge { get; }

    /// <summary>The field challenge as text.</summary>
    /// <exception cref="WireFormatException">It is not UTF-8.</exception>
    public string ChallengeText => WireText.Decode(Challenge);

    /// <inheritdoc/>
    public int SizeBytes => 8 + Challenge.Length;

    /// <summary>Reads the arguments, which must fill the rest of the input.</summary>
    /// <exception cref="WireFormatException">They do not.</exception>
    public static ConnectionSecure Read(ref WireReader reader)
    {
        var challenge = reader.ReadLongString();
        reader.ExpectEnd();
        return new ConnectionSecure(challenge);
    }

    /// <inheritdoc/>
    public void WriteTo(ref WireWriter writer)
    {
        writer.WriteShort(ClassId);
        writer.WriteShort(MethodId);
        writer.WriteLongString(Challenge);
    }
}
