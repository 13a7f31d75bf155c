// Generated from methods.txt by tests/MethodGenerator.
#nullable enable
namespace Warren.Amqp;

/// <summary>The method queue.bind (50.20). Sent by the client.</summary>
public readonly ref struct QueueBind : IMethod
{
    /// <summary>The class.</summary>
    public const ushort ClassId = 50;

    /// <summary>The method within the class.</summary>
    public const ushort MethodId = 20;

    /// <summary>Makes the method from its arguments.</summary>
    public QueueBind(WireText queue, WireText exchange, WireText routingKey, bool noWait, FieldTable arguments)
    {
        Queue = queue.Bytes;
        Exchange = exchange.Bytes;
        RoutingKey = routingKey.Bytes;
        NoWait = noWait;
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

    /// <summary>The field no-wait.</summary>
    public bool NoWait { get; }

    /// <summary>The field arguments.</summary>
    public FieldTable Arguments { get; }

    /// <inheritdoc/>
    public int SizeBytes => 10 + Queue.Length + Exchange.Length + RoutingKey.Length + Arguments.EncodedSizeBytes;

    /// <summary>Reads the arguments, which must fill the rest of the input.</summary>
    /// <exception cref="WireFormatException">They do not.</exception>
    public static QueueBind Read(ref WireReader reader)
    {
        reader.ReadShort();
        var queue = reader.ReadShortStringUtf8();
        var exchange = reader.ReadShortStringUtf8();
        var routingKey = reader.ReadShortStringUtf8();
        var noWait = reader.ReadBit();
        var arguments = reader.ReadTable();
        reader.ExpectEnd();
        return new QueueBind(queue, exchange, routingKey, noWait, arguments);
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
        writer.WriteBit(NoWait);
        writer.WriteTable(Arguments);
    }
}
