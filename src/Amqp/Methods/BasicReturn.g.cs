// Generated from methods.txt by tests/MethodGenerator.
#nullable enable
namespace Warren.Amqp;

/// <summary>The method basic.return (60.50). Sent by the server.</summary>
public readonly ref struct BasicReturn : IMethod
{
    /// <summary>The class.</summary>
    public const ushort ClassId = 60;

    /// <summary>The method within the class.</summary>
    public const ushort MethodId = 50;

    /// <summary>Makes the method from its arguments.</summary>
    public BasicReturn(ushort replyCode, WireText replyText, WireText exchange, WireText routingKey)
    {
        ReplyCode = replyCode;
        ReplyText = replyText.Bytes;
        Exchange = exchange.Bytes;
        RoutingKey = routingKey.Bytes;
    }

    /// <summary>The field reply-code.</summary>
    public ushort ReplyCode { get; }

    /// <summary>The field reply-text.</summary>
    public ReadOnlySpan<byte> ReplyText { get; }

    /// <summary>The field reply-text as text.</summary>
    /// <exception cref="WireFormatException">It is not UTF-8.</exception>
    public string ReplyTextText => WireText.Decode(ReplyText);

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
    public int SizeBytes => 9 + ReplyText.Length + Exchange.Length + RoutingKey.Length;

    /// <summary>Reads the arguments, which must fill the rest of the input.</summary>
    /// <exception cref="WireFormatException">They do not.</exception>
    public static BasicReturn Read(ref WireReader reader)
    {
        var replyCode = reader.ReadShort();
        var replyText = reader.ReadShortStringUtf8();
        var exchange = reader.ReadShortString();
        var routingKey = reader.ReadShortString();
        reader.ExpectEnd();
        return new BasicReturn(replyCode, replyText, exchange, routingKey);
    }

    /// <inheritdoc/>
    public void WriteTo(ref WireWriter writer)
    {
        writer.WriteShort(ClassId);
        writer.WriteShort(MethodId);
        writer.WriteShort(ReplyCode);
        writer.WriteShortString(ReplyText);
        writer.WriteShortString(Exchange);
        writer.WriteShortString(RoutingKey);
    }
}
