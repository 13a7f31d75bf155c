// Generated from methods.txt by tests/MethodGenerator.
#nullable enable
namespace Warren.Amqp;

/// <summary>The method connection.open (10.40). Sent by the client.</summary>
public readonly ref struct ConnectionOpen : IMethod
{
    /// <summary>The class.</summary>
    public const ushort ClassId = 10;

    /// <summary>The method within the class.</summary>
    public const ushort MethodId = 40;

    /// <summary>Makes the method from its arguments.</summary>
    public ConnectionOpen(WireText virtualHost)
    {
        VirtualHost = virtualHost.Bytes;
    }

    /// <summary>The field virtual-host.</summary>
    public ReadOnlySpan<byte> VirtualHost { get; }

    /// <summary>The field virtual-host as text.</summary>
    /// <exception cref="WireFormatException">It is not UTF-8.</exception>
    public string VirtualHostText => WireText.Decode(VirtualHost);

    /// <inheritdoc/>
    public int SizeBytes => 7 + VirtualHost.Length;

    /// <summary>Reads the arguments, which must fill the rest of the input.</summary>
    /// <exception cref="WireFormatException">They do not.</exception>
    public static ConnectionOpen Read(ref WireReader reader)
    {
        var virtualHost = reader.ReadShortStringUtf8();
        reader.ReadShortStringUtf8();
        reader.ReadBit();
        reader.ExpectEnd();
        return new ConnectionOpen(virtualHost);
    }

    /// <inheritdoc/>
    public void WriteTo(ref WireWriter writer)
    {
        writer.WriteShort(ClassId);
        writer.WriteShort(MethodId);
        writer.WriteShortString(VirtualHost);
        writer.WriteShortString(""u8);
        writer.WriteBit(false);
    }
}
