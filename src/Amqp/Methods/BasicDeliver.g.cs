// Generated from methods.txt by tests/MethodGenerator.
#nullable enable
namespace Warren.Amqp;

/// <summary>The method basic.deliver (60.60). Sent by the server.</summary>
public readonly ref struct BasicDeliver : IMethod
{
    /// <summary>The class.</summary>
    public const ushort ClassId = 60;

    /// <summary>The method within the class.</summary>
    public const ushort MethodId = 60;

    /// <summary>Makes the method from its arguments.</summary>
    public BasicDeliver(
        WireText consumerTag,
        ulong deliveryTag,
        bool redelivered,
        WireText exchange,
        WireText routingKey)
    {
        ConsumerTag = consumerTag.Bytes;
        DeliveryTag = deliveryTag;
        Redelivered = redelivered;
        Exchange = exchange.Bytes;
        RoutingKey = routingKey.Bytes;
    }

    /// <summary>The field consumer-tag.</summary>
    public ReadOnlySpan<byte> ConsumerTag { get; }

    /// <summary>The field consumer-tag as text.</summary>
    /// <exception cref="WireFormatException">It is not UTF-8.</exception>
    public string ConsumerTagText => WireText.Decode(ConsumerTag);

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

    /// <inheritdoc/>
    public int SizeBytes => 16 + ConsumerTag.Length + Exchange.Length + RoutingKey.Length;

    /// <summary>Reads the arguments, which must fill the rest of the input.</summary>
    /// <exception cref="WireFormatException">They do not.</exception>
    public static BasicDeliver Read(ref WireReader reader)
    {
        var consumerTag = reader.ReadShortStringUtf8();
        var deliveryTag = reader.ReadLongLong();
        var redelivered = reader.ReadBit();
        var exchange = reader.ReadShortString();
        var routingKey = reader.ReadShortString();
        reader.ExpectEnd();
        return new BasicDeliver(consumerTag, deliveryTag, redelivered, exchange, routingKey);
    }

    /// <inheritdoc/>
    public void WriteTo(ref WireWriter writer)
    {
        writer.WriteShort(ClassId);
        writer.WriteShort(MethodId);
        writer.WriteShortString(ConsumerTag);
        writer.WriteLongLong(DeliveryTag);
        writer.WriteBit(Redelivered);
        writer.WriteShortString(Exchange);
        writer.WriteShortString(RoutingKey);
    }
}
