// Generated from methods.txt by tests/MethodGenerator.
#nullable enable
namespace Warren.Amqp;

/// <summary>The method basic.ack (60.80). Sent by both sides.</summary>
public readonly ref struct BasicAck : IMethod
{
    /// <summary>The class.</summary>
    public const ushort ClassId = 60;

    /// <summary>The method within the class.</summary>
    public const ushort MethodId = 80;

    /// <summary>Makes the method from its arguments.</summary>
    public BasicAck(ulong deliveryTag, bool multiple)
    {
        DeliveryTag = deliveryTag;
        Multiple = multiple;
    }

    /// <summary>The field delivery-tag.</summary>
    public ulong DeliveryTag { get; }

    /// <summary>The field multiple.</summary>
    public bool Multiple { get; }

    /// <inheritdoc/>
    public int SizeBytes => 13;

    /// <summary>Reads the arguments, which must fill the rest of the input.</summary>
    /// <exception cref="WireFormatException">They do not.</exception>
    public static BasicAck Read(ref WireReader reader)
    {
        var deliveryTag = reader.ReadLongLong();
        var multiple = reader.ReadBit();
        reader.ExpectEnd();
        return new BasicAck(deliveryTag, multiple);
    }

    /// <inheritdoc/>
    public void WriteTo(ref WireWriter writer)
    {
        writer.WriteShort(ClassId);
        writer.WriteShort(MethodId);
        writer.WriteLongLong(DeliveryTag);
        writer.WriteBit(Multiple);
    }
}
