// Generated from methods.txt by tests/MethodGenerator.
#nullable enable
namespace Warren.Amqp;

/// <summary>The method exchange.declare (40.10). Sent by the client.</summary>
public readonly ref struct ExchangeDeclare : IMethod
{
    /// <summary>The class.</summary>
    public const ushort ClassId = 40;

    /// <summary>The method within the class.</summary>
    public const ushort MethodId = 10;

    /// <summary>Makes the method from its arguments.</summary>
    public ExchangeDeclare(
        WireText exchange,
        WireText type,
        bool passive,
        bool durable,
        bool autoDelete,
        bool @internal,
        bool noWait,
        FieldTable arguments)
    {
        Exchange = exchange.Bytes;
        Type = type.Bytes;
        Passive = passive;
        Durable = durable;
        AutoDelete = autoDelete;
        Internal = @internal;
        NoWait = noWait;
        Arguments = arguments;
    }

    /// <summary>The field exchange.</summary>
    public ReadOnlySpan<byte> Exchange { get; }

    /// <summary>The field exchange as text.</summary>
    /// <exception cref="WireFormatException">It is not UTF-8.</exception>
    public string ExchangeText => WireText.Decode(Exchange);

    /// <summary>The field type.</summary>
    public ReadOnlySpan<byte> Type { get; }

    /// <summary>The field type as text.</summary>
    /// <exception cref="WireFormatException">It is not UTF-8.</exception>
    public string TypeText => WireText.Decode(Type);

    /// <summary>The field passive.</summary>
    public bool Passive { get; }

    /// <summary>The field durable.</summary>
    public bool Durable { get; }

    /// <summary>The field auto-delete.</summary>
    public bool AutoDelete { get; }

    /// <summary>The field internal.</summary>
    public bool Internal { get; }

    /// <summary>The field no-wait.</summary>
    public bool NoWait { get; }

    /// <summary>The field arguments.</summary>
    public FieldTable Arguments { get; }

    /// <inheritdoc/>
    public int SizeBytes => 9 + Exchange.Length + Type.Length + Arguments.EncodedSizeBytes;

    /// <summary>Reads the arguments, which must fill the rest of the input.</summary>
    /// <exception cref="WireFormatException">They do not.</exception>
    public static ExchangeDeclare Read(ref WireReader reader)
    {
        reader.ReadShort();
        var exchange = reader.ReadShortStringUtf8();
        var type = reader.ReadShortStringUtf8();
        var passive = reader.ReadBit();
        var durable = reader.ReadBit();
        var autoDelete = reader.ReadBit();
        var @internal = reader.ReadBit();
        var noWait = reader.ReadBit();
        var arguments = reader.ReadTable();
        reader.ExpectEnd();
        return new ExchangeDeclare(exchange, type, passive, durable, autoDelete, @internal, noWait, arguments);
    }

    /// <inheritdoc/>
    public void WriteTo(ref WireWriter writer)
    {
        writer.WriteShort(ClassId);
        writer.WriteShort(MethodId);
        writer.WriteShort(0);
        writer.WriteShortString(Exchange);
        writer.WriteShortString(Type);
        writer.WriteBit(Passive);
        writer.WriteBit(Durable);
        writer.WriteBit(AutoDelete);
        writer.WriteBit(Internal);
        writer.WriteBit(NoWait);
        writer.WriteTable(Arguments);
    }
}
