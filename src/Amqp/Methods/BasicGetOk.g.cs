// Generated from methods.txt by tests/MethodGenerator.
#nullable enable
namespace Warren.Amqp;

/// <summary>The method basic.get-ok (60.71). Sent by the server.</summary>
public readonly ref struct BasicGetOk : IMethod
{
    /// <summary>The class.</summary>
    public const ushort ClassId = 60;

    /// <summary>The method within the class.</summary>
    public const ushort MethodId = 71;

    /// <summary>Makes the method from its arguments.</summary>
    public BasicGetOk(ulong deliveryTag, bool redelivered, WireText exchange, WireText routingKey, uint messageCount)
    {
        DeliveryTag = deliveryTag;
        Redelivered = redelivered;
        Exchange = exchange.Bytes;
        RoutingKey = routingKey.Bytes;
        MessageCount = messageCount;
    }

    /// <summary>The field delivery-tag.</summary>
    public ulong DeliveryTag { get; }

    /// <summary>The field redelivered.</summary>
    public bool Redelivered { get; }

    /// <summary>The field exchange.</summary>
    public ReadOnlySpan<byte> Exchange { get; }

    /// <summary>The field exchange as text.</summary>
    /// <exception cref="WireFormatException">It is not UTF-8.</exception>
    public string ExchangeText => WireText.Decode(Exchange);

    /// <summary>The field routing-key.</summary>
    public ReadOnlySpan<byte> RoutingKey { get; }

    /// <summary>The field routing-key as text.</summary>
    /// <exception cref="WireFormatException">It is not UTF-8.</exception>
    public string RoutingKeyText => WireText.Decode(RoutingKey);

    /// <summary>The field message-count.</summary>
    public uint MessageCount { get; }

    /// <inheritdoc/>
    public int SizeBytes => 19 + Exchange.Length + RoutingKey.Length;

    /// <summary>Reads the arguments, which must fill the rest of the input.</summary>
    /// <exception cref="WireFormatException">They do not.</exception>
    public static BasicGetOk Read(ref WireReader reader)
    {
        var deliveryTag = reader.ReadLongLong();
        var redelivered = reader.ReadBit();
        var exchange = reader.ReadShortString();
        var routingKey = reader.ReadShortString();
        var messageCount = reader.ReadLong();
        reader.ExpectEnd();
        return new BasicGetOk(deliveryTag, redelivered, exchange, routingKey, messageCount);
    }

    /// <inheritdoc/>
    public void WriteTo(ref WireWriter writer)
    {
        writer.WriteShort(ClassId);
        writer.WriteShort(MethodId);
        writer.WriteLongLong(DeliveryTag);
        writer.WriteBit(Redelivered);
        writer.WriteShortString(Exchange);
        writer.WriteShortString(RoutingKey);
        writer.WriteLong(MessageCount);
    }
}
