// Generated from methods.txt by tests/MethodGenerator.
#nullable enable
namespace Warren.Amqp;

/// <summary>The method exchange.bind (40.30). Sent by the client.</summary>
public readonly ref struct ExchangeBind : IMethod
{
    /// <summary>The class.</summary>
    public const ushort ClassId = 40;

    /// <summary>The method within the class.</summary>
    public const ushort MethodId = 30;

    /// <summary>Makes the method from its arguments.</summary>
    public ExchangeBind(WireText destination, WireText source, WireText routingKey, bool noWait, FieldTable arguments)
    {
        Destination = destination.Bytes;
        Source = source.Bytes;
        RoutingKey = routingKey.Bytes;
        NoWait = noWait;
        Arguments = arguments;
    }

    /// <summary>The field destination.</summary>
    public ReadOnlySpan<byte> Destination { get; }

    /// <summary>The field destination as text.</summary>
    /// <exception cref="WireFormatException">It is not UTF-8.</exception>
    public string DestinationText => WireText.Decode(Destination);

    /// <summary>The field source.</summary>
    public ReadOnlySpan<byte> Source { get; }

    /// <summary>The field source as text.</summary>
    /// <exception cref="WireFormatException">It is not UTF-8.</exception>
    public string SourceText => WireText.Decode(Source);

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
    public int SizeBytes => 10 + Destination.Length + Source.Length + RoutingKey.Length + Arguments.EncodedSizeBytes;

    /// <summary>Reads the arguments, which must fill the rest of the input.</summary>
    /// <exception cref="WireFormatException">They do not.</exception>
    public static ExchangeBind Read(ref WireReader reader)
    {
        reader.ReadShort();
        var destination = reader.ReadShortStringUtf8();
        var source = reader.ReadShortStringUtf8();
        var routingKey = reader.ReadShortStringUtf8();
        var noWait = reader.ReadBit();
        var arguments = reader.ReadTable();
        reader.ExpectEnd();
        return new ExchangeBind(destination, source, routingKey, noWait, arguments);
    }

    /// <inheritdoc/>
    public void WriteTo(ref WireWriter writer)
    {
        writer.WriteShort(ClassId);
        writer.WriteShort(MethodId);
        writer.WriteShort(0);
        writer.WriteShortString(Destination);
        writer.WriteShortString(Source);
        writer.WriteShortString(RoutingKey);
        writer.WriteBit(NoWait);
        writer.WriteTable(Arguments);
    }
}
