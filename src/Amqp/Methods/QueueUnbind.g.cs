// Generated from methods.txt by tests/MethodGenerator.
#nullable enable
namespace Warren.Amqp;

/// <summary>The method queue.unbind (50.50). Sent by the client.</summary>
public readonly ref struct QueueUnbind : IMethod
{
    /// <summary>The class.</summary>
    public const ushort ClassId = 50;

    /// <summary>The method within the class.</summary>
    public const ushort MethodId = 50;

    /// <summary>Makes the method from its arguments.</summary>
    public QueueUnbind(WireText queue, WireText exchange, WireText routingKey, FieldTable arguments)
    {
        Queue = queue.Bytes;
        Exchange = exchange.Bytes;
        RoutingKey = routingKey.Bytes;
        Arguments = arguments;
    }

    /// <summary>The field queue.</summary>
    public ReadOnlySpan<byte> Queue { get; }

    /// <summary>The field queue as text.</summary>
    /// <exception cref="WireFormatException">It is not UTF-8.</exception>
    public string QueueText => WireText.Decode(Queue);

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

    /// <summary>The field arguments.</summary>
    public FieldTable Arguments { get; }

    /// <inheritdoc/>
    public int SizeBytes => 9 + Queue.Length + Exchange.Length + RoutingKey.Length + Arguments.EncodedSizeBytes;

    /// <summary>Reads the arguments, which must fill the rest of the input.</summary>
    /// <exception cref="WireFormatException">They do not.</exception>
    public static QueueUnbind Read(ref WireReader reader)
    {
        reader.ReadShort();
        var queue = reader.ReadShortStringUtf8();
        var exchange = reader.ReadShortStringUtf8();
        var routingKey = reader.ReadShortStringUtf8();
        var arguments = reader.ReadTable();
        reader.ExpectEnd();
        return new QueueUnbind(queue, exchange, routingKey, arguments);
    }

    /// <inheritdoc/>
    public void WriteTo(ref WireWriter writer)
    {
        writer.WriteShort(ClassId);
        writer.WriteShort(MethodId);
        writer.WriteShort(0);
        writer.WriteShortString(Queue);
        writer.WriteShortString(Exchange);
        writer.WriteShortString(RoutingKey);
        writer.WriteTable(Arguments);
    }
}
