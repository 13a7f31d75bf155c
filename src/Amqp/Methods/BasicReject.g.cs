// Generated from methods.txt by tests/MethodGenerator.
#nullable enable
namespace Warren.Amqp;

/// <summary>The method basic.reject (60.90). Sent by the client.</summary>
public readonly ref struct BasicReject : IMethod
{
    /// <summary>The class.</summary>
    public const ushort ClassId = 60;

    /// <summary>The method within the class.</summary>
    public const ushort MethodId = 90;

    /// <summary>Makes the method from its arguments.</summary>
    public BasicReject(ulong deliveryTag, bool requeue)
    {
        DeliveryTag = deliveryTag;
        Requeue = requeue;
    }

    /// <summary>The field delivery-tag.</summary>
    public ulong DeliveryTag { get; }

    /// <summary>The field requeue.</summary>
    public bool Requeue { get; }

    /// <inheritdoc/>
    public int SizeBytes => 13;

    /// <summary>Reads the arguments, which must fill the rest of the input.</summary>
    /// <exception cref="WireFormatException">They do not.</exception>
    public static BasicReject Read(ref WireReader reader)
    {
        var deliveryTag = reader.ReadLongLong();
        var requeue = reader.ReadBit();
        reader.ExpectEnd();
        return new BasicReject(deliveryTag, requeue);
    }

    /// <inheritdoc/>
    public void WriteTo(ref WireWriter writer)
    {
        writer.WriteShort(ClassId);
        writer.WriteShort(MethodId);
        writer.WriteLongLong(DeliveryTag);
        writer.WriteBit(Requeue);
    }
}
