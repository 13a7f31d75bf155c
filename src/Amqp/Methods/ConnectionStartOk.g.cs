// Generated from methods.txt by tests/MethodGenerator.
#nullable enable
namespace Warren.Amqp;

/// <summary>The method connection.start-ok (10.11). Sent by the client.</summary>
public readonly ref struct ConnectionStartOk : IMethod
{
    /// <summary>The class.</summary>
    public const ushort ClassId = 10;

    /// <summary>The method within the class.</summary>
    public const ushort MethodId = 11;

    /// <summary>Makes the method from its arguments.</summary>
    public ConnectionStartOk(FieldTable clientProperties, WireText mechanism, WireText response, WireText locale)
    {
        ClientProperties = clientProperties;
        Mechanism = mechanism.Bytes;
        Response = response.Bytes;
        Locale = locale.Bytes;
    }

    /// <summary>The field client-properties.</summary>
    public FieldTable ClientProperties { get; }

    /// <summary>The field mechanism.</summary>
    public ReadOnlySpan<byte> Mechanism { get; }

    /// <summary>The field mechanism as text.</summary>
    /// <exception cref="WireFormatException">It is not UTF-8.</exception>
    public string MechanismText => WireText.Decode(Mechanism);

    /// <summary>The field response.</summary>
    public ReadOnlySpan<byte> Response { get; }

    /// <summary>The field response as text.</summary>
    /// <exception cref="WireFormatException">It is not UTF-8.</exception>
    public string ResponseText => WireText.Decode(Response);

    /// <summary>The field locale.</summary>
    public ReadOnlySpan<byte> Locale { get; }

    /// <summary>The field locale as text.</summary>
    /// <exception cref="WireFormatException">It is not UTF-8.</exception>
    public string LocaleText => WireText.Decode(Locale);

    /// <inheritdoc/>
    public int SizeBytes =>
        10 + ClientProperties.EncodedSizeBytes + Mechanism.Length + Response.Length + Locale.Length;

    /// <summary>Reads the arguments, which must fill the rest of the input.</summary>
    /// <exception cref="WireFormatException">They do not.</exception>
    public static ConnectionStartOk Read(ref WireReader reader)
    {
        var clientProperties = reader.ReadTable();
        var mechanism = reader.ReadShortStringUtf8();
        var response = reader.ReadLongString();
        var locale = reader.ReadShortStringUtf8();
        reader.ExpectEnd();
        return new ConnectionStartOk(clientProperties, mechanism, response, locale);
    }

    /// <inheritdoc/>
    public void WriteTo(ref WireWriter writer)
    {
        writer.WriteShort(ClassId);
        writer.WriteShort(MethodId);
        writer.WriteTable(ClientProperties);
        writer.WriteShortString(Mechanism);
        writer.WriteLongString(Response);
        writer.WriteShortString(Locale);
    }
}
