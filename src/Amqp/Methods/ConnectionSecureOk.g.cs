// Generated from methods.txt by tests/MethodGenerator.
#nullable enable
namespace Warren.Amqp;

/// <summary>The method connection.secure-ok (10.21). Sent by the client.</summary>
public readonly ref struct ConnectionSecureOk : IMethod
{
    /// <summary>The class.</summary>
    public const ushort ClassId = 10;

    /// <summary>The method within the class.</summary>
    public const ushort MethodId = 21;

    /// <summary>Makes the method from its arguments.</summary>
    public ConnectionSecureOk(WireText response)
    {
        Response = response.Bytes;
    }

    /// <summary>The field response.</summary>
    public ReadOnlySpan<byte> Response { get; }

    /// <summary>The field response as text.</summary>
    /// <exception cref="WireFormatException">It is not UTF-8.</exception>
    public string ResponseText => WireText.Decode(Response);

    /// <inheritdoc/>
    public int SizeBytes => 8 + Response.Length;

    /// <summary>Reads the arguments, which must fill the rest of the input.</summary>
    /// <exception cref="WireFormatException">They do not.</exception>
    public static ConnectionSecureOk Read(ref WireReader reader)
    {
        var response = reader.ReadLongString();
        reader.ExpectEnd();
        return new ConnectionSecureOk(response);
    }

    /// <inheritdoc/>
    public void WriteTo(ref WireWriter writer)
    {
        writer.WriteShort(ClassId);
        writer.WriteShort(MethodId);
        writer.WriteLongString(Response);
    }
}
