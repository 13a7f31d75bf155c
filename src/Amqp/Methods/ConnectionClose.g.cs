// Generated from methods.txt by tests/MethodGenerator.
#nullable enable
namespace Warren.Amqp;

/// <summary>The method connection.close (10.50). Sent by both sides.</summary>
public readonly ref struct ConnectionClose : IMethod
{
    /// <summary>The class.</summary>
    public const ushort ClassId = 10;

    /// <summary>The method within the class.</summary>
    public const ushort MethodId = 50;

    /// <summary>Makes the method from its arguments.</summary>
    public ConnectionClose(ushort replyCode, WireText replyText, ushort failedClassId, ushort failedMethodId)
    {
        ReplyCode = replyCode;
        ReplyText = replyText.Bytes;
        FailedClassId = failedClassId;
        FailedMethodId = failedMethodId;
    }

    /// <summary>The field reply-code.</summary>
    public ushort ReplyCode { get; }

    /// <summary>The field reply-text.</summary>
    public ReadOnlySpan<byte> ReplyText { get; }

    /// <summary>The field reply-text as text.</summary>
    /// <exception cref="WireFormatException">It is not UTF-8.</exception>
    public string ReplyTextText => WireText.Decode(ReplyText);

    /// <summary>The field failed-class-id.</summary>
    public ushort FailedClassId { get; }

    /// <summary>The field failed-method-id.</summary>
    public ushort FailedMethodId { get; }

    /// <inheritdoc/>
    public int SizeBytes => 11 + ReplyText.Length;

    /// <summary>Reads the arguments, which must fill the rest of the input.</summary>
    /// <exception cref="WireFormatException">They do not.</exception>
    public static ConnectionClose Read(ref WireReader reader)
    {
        var replyCode = reader.ReadShort();
        var replyText = reader.ReadShortStringUtf8();
        var failedClassId = reader.ReadShort();
        var failedMethodId = reader.ReadShort();
        reader.ExpectEnd();
        return new ConnectionClose(replyCode, replyText, failedClassId, failedMethodId);
    }

    /// <inheritdoc/>
    public void WriteTo(ref WireWriter writer)
    {
        writer.WriteShort(ClassId);
        writer.WriteShort(MethodId);
        writer.WriteShort(ReplyCode);
        writer.WriteShortString(ReplyText);
        writer.WriteShort(FailedClassId);
        writer.WriteShort(FailedMethodId);
    }
}
