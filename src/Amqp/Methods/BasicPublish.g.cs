// Generated from methods.txt by tests/MethodGenerator.
#nullable enable
namespace Warren.Amqp;

/// <summary>The method basic.publish (60.40). Sent by the client.</summary>
public readonly ref struct BasicPublish : IMethod
{
    /// <summary>The class.</summary>
    public const ushort ClassId = 60;

    /// <summary>The method within the class.</summary>
    public const ushort MethodId = 40;

    /// <summary>Makes the method from its arguments.</summary>
    public BasicPublish(WireText exchange, WireText routingKey, bool mandatory, bool immediate)
    {
        Exchange = exchange.Bytes;
        RoutingKey = routingKey.Bytes;
        Mandatory = mandatory;
        Immediate = immediate;
    }

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

    /// <summary>The field mandatory.</summary>
    public bool Mandatory { get; }

    /// <summary>The field immediate.</summary>
    public bool Immediate { get; }

    /// <inheritdoc/>
    public int SizeBytes => 9 + Exchange.Length + RoutingKey.Length;

    /// <summary>Reads the arguments, which must fill the rest of the input.</summary>
    /// <exception cref="WireFormatException">They do not.</exception>
    public static BasicPublish Read(ref WireReader reader)
    {
        reader.ReadShort();
        var exchange = reader.ReadShortString();
        var routingKey = reader.ReadShortString();
        var mandatory = reader.ReadBit();
        var immediate = reader.ReadBit();
        reader.ExpectEnd();
        return new BasicPublish(exchange, routingKey, mandatory, immediate);
    }

    /// <inheritdoc/>
    public void WriteTo(ref WireWriter writer)
    {
        writer.WriteShort(ClassId);
        writer.WriteShort(MethodId);
        writer.WriteShort(0);
        writer.WriteShortString(Exchange);
        writer.WriteShortString(RoutingKey);
        writer.WriteBit(Mandatory);
        writer.WriteBit(Immediate);
    }
}
