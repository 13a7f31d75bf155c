// Generated from methods.txt by tests/MethodGenerator.
#nullable enable
namespace Warren.Amqp;

/// <summary>The method basic.nack (60.120). Sent by both sides.</summary>
public readonly ref struct BasicNack : IMethod
{
    /// <summary>The class.</summary>
    public const ushort ClassId = 60;

    /// <summary>The method within the class.</summary>
    public const ushort MethodId = 120;

    /// <summary>Makes the method from its arguments.</summary>
    public BasicNack(ulong deliveryTag, bool multiple, bool requeue)
    {
        DeliveryTag = deliveryTag;
        Multiple = multiple;
        Requeue = requeue;
    }

    /// <summary>The field delivery-tag.</summary>
    public ulong DeliveryTag { get; }

    /// <summary>The field multiple.</summary>
    public bool Multiple { get; }

    /// <summary>The field requeue.</summary>
    public bool Requeue { get; }

    /// <inheritdoc/>
    public int SizeBytes => 13;

    /// <summary>Reads the arguments, which must fill the rest of the input.</summary>
    /// <exception cref="WireFormatException">They do not.</exception>
    public static BasicNack Read(ref WireReader reader)
    {
        var deliveryTag = reader.ReadLongLong();
        var multiple = reader.ReadBit();
        var requeue = reader.ReadBit();
        reader.ExpectEnd();
        return new BasicNack(deliveryTag, multiple, requeue);
    }

    /// <inheritdoc/>
    public void WriteTo(ref WireWriter writer)
    {
        writer.WriteShort(ClassId);
        writer.WriteShort(MethodId);
        writer.WriteLongLong(DeliveryTag);
        writer.WriteBit(Multiple);
        writer.WriteBit(Requeue);
    }
}
