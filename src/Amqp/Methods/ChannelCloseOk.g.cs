// Generated from methods.txt by tests/MethodGenerator.
#nullable enable
namespace Warren.Amqp;

/// <summary>The method channel.close-ok (20.41). Sent by both sides.</summary>
public readonly ref struct ChannelCloseOk : IMethod
{
    /// <summary>The class.</summary>
    public const ushort ClassId = 20;

    /// <summary>The method within the class.</summary>
    public const ushort MethodId = 41;

    /// <inheritdoc/>
    public int SizeBytes => 4;

    /// <summary>Reads the arguments, which must fill the rest of the input.</summary>
    /// <exception cref="WireFormatException">They do not.</exception>
    public static ChannelCloseOk Read(ref WireReader reader)
    {
        reader.ExpectEnd();
        return new ChannelCloseOk();
    }

    /// <inheritdoc/>
    public void WriteTo(ref WireWriter writer)
    {
        writer.WriteShort(ClassId);
        writer.WriteShort(MethodId);
    }
}
