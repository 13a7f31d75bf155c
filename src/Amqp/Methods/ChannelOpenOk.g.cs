// Generated from methods.txt by tests/MethodGenerator.
#nullable enable
namespace Warren.Amqp;

/// <summary>The method channel.open-ok (20.11). Sent by the server.</summary>
public readonly ref struct ChannelOpenOk : IMethod
{
    /// <summary>The class.</summary>
    public const ushort ClassId = 20;

    /// <summary>The method within the class.</summary>
    public const ushort MethodId = 11;

    /// <inheritdoc/>
    public int SizeBytes => 8;

    /// <summary>Reads the arguments, which must fill the rest of the input.</summary>
    /// <exception cref="WireFormatException">They do not.</exception>
    public static ChannelOpenOk Read(ref WireReader reader)
    {
        reader.ReadLongString();
        reader.ExpectEnd();
        return new ChannelOpenOk();
    }

    /// <inheritdoc/>
    public void WriteTo(ref WireWriter writer)
    {
        writer.WriteShort(ClassId);
        writer.WriteShort(MethodId);
        writer.WriteLongString(""u8);
    }
}
