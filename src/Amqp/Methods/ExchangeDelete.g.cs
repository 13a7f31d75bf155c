// Generated from methods.txt by tests/MethodGenerator.
#nullable enable
namespace Warren.Amqp;

/// <summary>The method exchange.delete (40.20). Sent by the client.</summary>
public readonly ref struct ExchangeDelete : IMethod
{
    /// <summary>The class.</summary>
    public const ushort ClassId = 40;

    /// <summary>The method within the class.</summary>
    public const ushort MethodId = 20;

    /// <summary>Makes the method from its arguments.</summary>
    public ExchangeDelete(WireText exchange, bool ifUnused, bool noWait)
    {
        Exchange = exchange.Bytes;
        IfUnused = ifUnused;
        NoWait = noWait;
    }

    /// <summary>The field exchange.</summary>
    public ReadOnlySpan<byte> Exchange { get; }

    /// <summary>The field exchange as text.</summary>
    /// <exception cref="WireFormatException">It is not UTF-8.</exception>
    public string ExchangeText => WireText.Decode(Exchange);

    /// <summary>The field if-unused.</summary>
    public bool IfUnused { get; }

    /// <summary>The field no-wait.</summary>
    public bool NoWait { get; }

    /// <inheritdoc/>
    public int SizeBytes => 8 + Exchange.Length;

    /// <summary>Reads the arguments, which must fill the rest of the input.</summary>
    /// <exception cref="WireFormatException">They do not.</exception>
    public static ExchangeDelete Read(ref WireReader reader)
    {
        reader.ReadShort();
        var exchange = reader.ReadShortStringUtf8();
        var ifUnused = reader.ReadBit();
        var noWait = reader.ReadBit();
        reader.ExpectEnd();
        return new ExchangeDelete(exchange, ifUnused, noWait);
    }

    /// <inheritdoc/>
    public void WriteTo(ref WireWriter writer)
    {
        writer.WriteShort(ClassId);
        writer.WriteShort(MethodId);
        writer.WriteShort(0);
        writer.WriteShortString(Exchange);
        writer.WriteBit(IfUnused);
        writer.WriteBit(NoWait);
    }
}
