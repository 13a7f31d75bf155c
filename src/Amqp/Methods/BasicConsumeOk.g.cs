// Generated from methods.txt by tests/MethodGenerator.
#nullable enable
namespace Warren.Amqp;

/// <summary>The method basic.consume-ok (60.21). Sent by the server.</summary>
public readonly ref struct BasicConsumeOk : IMethod
{
    /// <summary>The class.</summary>
    public const ushort ClassId = 60;

    /// <summary>The method within the class.</summary>
    public const ushort MethodId = 21;

    /// <summary>Makes the method from its arguments.</summary>
    public BasicConsumeOk(WireText consumerTag)
    {
        ConsumerTag = consumerTag.Bytes;
    }

    /// <summary>The field consumer-tag.</summary>
    public ReadOnlySpan<byte> ConsumerTag { get; }

    /// <summary>The field consumer-tag as text.</summary>
    /// <exception cref="WireFormatException">It is not UTF-8.</exception>
    public string ConsumerTagText => WireText.Decode(ConsumerTag);

    /// <inheritdoc/>
    public int SizeBytes => 5 + ConsumerTag.Length;

    /// <summary>Reads the arguments, which must fill the rest of the input.</summary>
    /// <exception cref="WireFormatException">They do not.</exception>
    public static BasicConsumeOk Read(ref WireReader reader)
    {
        var consumerTag = reader.ReadShortStringUtf8();
        reader.ExpectEnd();
        return new BasicConsumeOk(consumerTag);
    }

    /// <inheritdoc/>
    public void WriteTo(ref WireWriter writer)
    {
        writer.WriteShort(ClassId);
        writer.WriteShort(MethodId);
        writer.WriteShortString(ConsumerTag);
    }
}
