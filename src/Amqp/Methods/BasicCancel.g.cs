// Generated from methods.txt by tests/MethodGenerator.
#nullable enable
namespace Warren.Amqp;

/// <summary>The method basic.cancel (60.30). Sent by both sides.</summary>
public readonly ref struct BasicCancel : IMethod
{
    /// <summary>The class.</summary>
    public const ushort ClassId = 60;

    /// <summary>The method within the class.</summary>
    public const ushort MethodId = 30;

    /// <summary>Makes the method from its arguments.</summary>
    public BasicCancel(WireText consumerTag, bool noWait)
    {
        ConsumerTag = consumerTag.Bytes;
        NoWait = noWait;
    }

    /// <summary>The field consumer-tag.</summary>
    public ReadOnlySpan<byte> ConsumerTag { get; }

    /// <summary>The field consumer-tag as text.</summary>
    /// <exception cref="WireFormatException">It is not UTF-8.</exception>
    public string ConsumerTagText => WireText.Decode(ConsumerTag);

    /// <summary>The field no-wait.</summary>
    public bool NoWait { get; }

    /// <inheritdoc/>
    public int SizeBytes => 6 + ConsumerTag.Length;

    /// <summary>Reads the arguments, which must fill the rest of the input.</summary>
    /// <exception cref="WireFormatException">They do not.</exception>
    public static BasicCancel Read(ref WireReader reader)
    {
        var consumerTag = reader.ReadShortStringUtf8();
        var noWait = reader.ReadBit();
        reader.ExpectEnd();
        return new BasicCancel(consumerTag, noWait);
    }

    /// <inheritdoc/>
    public void WriteTo(ref WireWriter writer)
    {
        writer.WriteShort(ClassId);
        writer.WriteShort(MethodId);
        writer.WriteShortString(ConsumerTag);
        writer.WriteBit(NoWait);
    }
}
