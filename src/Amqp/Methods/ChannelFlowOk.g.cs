// Generated from methods.txt by tests/MethodGenerator.
#nullable enable
namespace Warren.Amqp;

/// <summary>The method channel.flow-ok (20.21). Sent by both sides.</summary>
public readonly ref struct ChannelFlowOk : IMethod
{
    /// <summary>The class.</summary>
    public const ushort ClassId = 20;

    /// <summary>The method within the class.</summary>
    public const ushort MethodId = 21;

    /// <summary>Makes the method from its arguments.</summary>
    public ChannelFlowOk(bool active)
    {
        Active = active;
    }

    /// <summary>The field active.</summary>
    public bool Active { get; }

    /// <inheritdoc/>
    public int SizeBytes => 5;

    /// <summary>Reads the arguments, which must fill the rest of the input.</summary>
    /// <exception cref="WireFormatException">They do not.</exception>
    public static ChannelFlowOk Read(ref WireReader reader)
    {
        var active = reader.ReadBit();
        reader.ExpectEnd();
        return new ChannelFlowOk(active);
    }

    /// <inheritdoc/>
    public void WriteTo(ref WireWriter writer)
    {
        writer.WriteShort(ClassId);
        writer.WriteShort(MethodId);
        writer.WriteBit(Active);
    }
}
