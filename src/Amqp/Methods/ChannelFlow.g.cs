// Generated from methods.txt by tests/MethodGenerator.
#nullable enable
namespace Warren.Amqp;

/// <summary>The method channel.flow (20.20). Sent by both sides.</summary>
public readonly ref struct ChannelFlow : IMethod
{
    /// <summary>The class.</summary>
    public const ushort ClassId = 20;

    /// <summary>The method within the class.</summary>
    public const ushort MethodId = 20;

    /// <summary>Makes the method from its arguments.</summary>
    public ChannelFlow(bool active)
    {
        Active = active;
    }

    /// <summary>The field active.</summary>
    public bool Active { get; }

    /// <inheritdoc/>
    public int SizeBytes => 5;

    /// <summary>Reads the arguments, which must fill the rest of the input.</summary>
    /// <exception cref="WireFormatException">They do not.</exception>
    public static ChannelFlow Read(ref WireReader reader)
    {
        var active = reader.ReadBit();
        reader.ExpectEnd();
        return new ChannelFlow(active);
    }

    /// <inheritdoc/>
    public void WriteTo(ref WireWriter writer)
    {
        writer.WriteShort(ClassId);
        writer.WriteShort(MethodId);
        writer.WriteBit(Active);
    }
}
