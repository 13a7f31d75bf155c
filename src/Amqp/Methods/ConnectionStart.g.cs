// Generated from methods.txt by tests/MethodGenerator.
#nullable enable
namespace Warren.Amqp;

/// <summary>The method connection.start (10.10). Sent by the server.</summary>
public readonly ref struct ConnectionStart : IMethod
{
    /// <summary>The class.</summary>
    public const ushort ClassId = 10;

    /// <summary>The method within the class.</summary>
    public const ushort MethodId = 10;

    /// <summary>Makes the method from its arguments.</summary>
    public ConnectionStart(
        byte versionMajor,
        byte versionMinor,
        FieldTable serverProperties,
        WireText mechanisms,
        WireText locales)
    {
        VersionMajor = versionMajor;
        VersionMinor = versionMinor;
        ServerProperties = serverProperties;
        Mechanisms = mechanisms.Bytes;
        Locales = locales.Bytes;
    }

    /// <summary>The field version-major.</summary>
    public byte VersionMajor { get; }

    /// <summary>The field version-minor.</summary>
    public byte VersionMinor { get; }

    /// <summary>The field server-properties.</summary>
    public FieldTable ServerProperties { get; }

    /// <summary>The field mechanisms.</summary>
    public ReadOnlySpan<byte> Mechanisms { get; }

    /// <summary>The field mechanisms as text.</summary>
    /// <exception cref="WireFormatException">It is not UTF-8.</exception>
    public string MechanismsText => WireText.Decode(Mechanisms);

    /// <summary>The field locales.</summary>
    public ReadOnlySpan<byte> Locales { get; }

    /// <summary>The field locales as text.</summary>
    /// <exception cref="WireFormatException">It is not UTF-8.</exception>
    public string LocalesText => WireText.Decode(Locales);

    /// <inheritdoc/>
    public int SizeBytes => 14 + ServerProperties.EncodedSizeBytes + Mechanisms.Length + Locales.Length;

    /// <summary>Reads the arguments, which must fill the rest of the input.</summary>
    /// <exception cref="WireFormatException">They do not.</exception>
    public static ConnectionStart Read(ref WireReader reader)
    {
        var versionMajor = reader.ReadOctet();
        var versionMinor = reader.ReadOctet();
        var serverProperties = reader.ReadTable();
        var mechanisms = reader.ReadLongString();
        var locales = reader.ReadLongString();
        reader.ExpectEnd();
        return new ConnectionStart(versionMajor, versionMinor, serverProperties, mechanisms, locales);
    }

    /// <inheritdoc/>
    public void WriteTo(ref WireWriter writer)
    {
        writer.WriteShort(ClassId);
        writer.WriteShort(MethodId);
        writer.WriteOctet(VersionMajor);
        writer.WriteOctet(VersionMinor);
        writer.WriteTable(ServerProperties);
        writer.WriteLongString(Mechanisms);
        writer.WriteLongString(Locales);
    }
}
