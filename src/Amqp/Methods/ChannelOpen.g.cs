// Generated from methods.txt by tests/MethodGenerator.
#nullable enable
namespace Warren.Amqp;

/// <summary>The method channel.open (20.10). Sent by the client.</summary>
public readonly ref struct ChannelOpen : IMethod
{
    /// <summary>The class.</summary>
    public const ushort ClassId = 20;

    /// <summary>The method within the class.</summary>
    public const ushort MethodId = 10;

    /// <inheritdoc/>
    public int SizeBytes => 5;

    /// <summary>Reads the arguments, which must fill the rest of the input.</summary>
    /// <exception cref="WireFormatException">They do not.</exception>
    public static ChannelOpen Read(ref WireReader reader)
    {
        reader.ReadShortStringUtf8();
        reader.ExpectEnd();
        return new ChannelOpen();
    }

    /// <inheritdoc/>
    public void WriteTo(ref WireWriter writer)
    {
        writer.WriteShort(ClassId);
        writer.WriteShort(MethodId);
        writer.WriteShortString(""u8);
    }
}
