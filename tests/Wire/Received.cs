using Warren.Amqp;

namespace Warren.Wire;

/// <summary>
/// Something a server sent: a method with its content, a heartbeat, other bytes than frames, or the end.
/// </summary>
/// <param name="Channel">The channel's number.</param>
/// <param name="Method">The method's id; 0 for a heartbeat and the end.</param>
/// <param name="Arguments">The method's arguments; the bytes that are no frame.</param>
/// <param name="Properties">Flags and list of a content's properties.</param>
/// <param name="Body">A content's body.</param>
public sealed record Received(ushort Channel, uint Method, byte[] Arguments, byte[] Properties, byte[] Body)
{
    /// <summary>The server has closed the stream.</summary>
    public static readonly Received End = new(0, 0, [], [], []);

    /// <summary>A heartbeat frame.</summary>
    public static readonly Received Heartbeat = new(0, 0, [], [], []);

    /// <summary>The tag of basic.deliver or basic.get-ok.</summary>
    public ulong DeliveryTag
    {
        get
        {
            WireReader reader = Reader(MethodId.BasicDeliver, MethodId.BasicGetOk);
            return Method == MethodId.BasicDeliver
                ? BasicDeliver.Read(ref reader).DeliveryTag
                : BasicGetOk.Read(ref reader).DeliveryTag;
        }
    }

    /// <summary>Whether basic.deliver or basic.get-ok says redelivered.</summary>
    public bool IsRedelivered
    {
        get
        {
            WireReader reader = Reader(MethodId.BasicDeliver, MethodId.BasicGetOk);
            return Method == MethodId.BasicDeliver
                ? BasicDeliver.Read(ref reader).Redelivered
                : BasicGetOk.Read(ref reader).Redelivered;
        }
    }

    /// <summary>The consumer of basic.deliver or basic.consume-ok.</summary>
    public string ConsumerTag
    {
        get
        {
            WireReader reader = Reader(MethodId.BasicDeliver, MethodId.BasicConsumeOk);
            return Method == MethodId.BasicDeliver
                ? BasicDeliver.Read(ref reader).ConsumerTagText
                : BasicConsumeOk.Read(ref reader).ConsumerTagText;
        }
    }

    /// <summary>The sequence number of basic.ack or basic.nack.</summary>
    public ulong Sequence
    {
        get
        {
            WireReader reader = Reader(MethodId.BasicAck, MethodId.BasicNack);
            return Method == MethodId.BasicAck
                ? BasicAck.Read(ref reader).DeliveryTag
                : BasicNack.Read(ref reader).DeliveryTag;
        }
    }

    /// <summary>Whether basic.ack or basic.nack is about all up to its number.</summary>
    public bool IsMultiple
    {
        get
        {
            WireReader reader = Reader(MethodId.BasicAck, MethodId.BasicNack);
            return Method == MethodId.BasicAck
                ? BasicAck.Read(ref reader).Multiple
                : BasicNack.Read(ref reader).Multiple;
        }
    }

    /// <summary>The messages that queue.declare-ok, queue.purge-ok or basic.get-ok counts.</summary>
    public uint MessageCount
    {
        get
        {
            WireReader reader = Reader(MethodId.QueueDeclareOk, MethodId.QueuePurgeOk, MethodId.BasicGetOk);
            return Method switch
            {
                MethodId.QueueDeclareOk => QueueDeclareOk.Read(ref reader).MessageCount,
                MethodId.QueuePurgeOk => QueuePurgeOk.Read(ref reader).MessageCount,
                _ => BasicGetOk.Read(ref reader).MessageCount,
            };
        }
    }

    /// <summary>The consumers that queue.declare-ok counts.</summary>
    public uint ConsumerCount
    {
        get
        {
            WireReader reader = Reader(MethodId.QueueDeclareOk);
            return QueueDeclareOk.Read(ref reader).ConsumerCount;
        }
    }

    /// <summary>The queue of queue.declare-ok.</summary>
    public string QueueName
    {
        get
        {
            WireReader reader = Reader(MethodId.QueueDeclareOk);
            return QueueDeclareOk.Read(ref reader).QueueText;
        }
    }

    /// <summary>The mechanisms of connection.start.</summary>
    public string Mechanisms
    {
        get
        {
            WireReader reader = Reader(MethodId.ConnectionStart);
            return ConnectionStart.Read(ref reader).MechanismsText;
        }
    }

    /// <summary>The channel-max of connection.tune.</summary>
    public ushort ChannelMax
    {
        get
        {
            WireReader reader = Reader(MethodId.ConnectionTune);
            return ConnectionTune.Read(ref reader).ChannelMax;
        }
    }

    /// <summary>The frame-max of connection.tune, bytes.</summary>
    public uint FrameMax
    {
        get
        {
            WireReader reader = Reader(MethodId.ConnectionTune);
            return ConnectionTune.Read(ref reader).FrameMax;
        }
    }

    /// <summary>The reason of connection.blocked.</summary>
    public string BlockedReason
    {
        get
        {
            WireReader reader = Reader(MethodId.ConnectionBlocked);
            return ConnectionBlocked.Read(ref reader).ReasonText;
        }
    }

    /// <summary>Reply code and text of connection.close or channel.close, such as <c>404 NOT_FOUND - ...</c>.</summary>
    public string CloseReason
    {
        get
        {
            var reader = new WireReader(Arguments);
            if (Method == MethodId.ChannelClose)
            {
                ChannelClose close = ChannelClose.Read(ref reader);
                return $"{close.ReplyCode} {close.ReplyTextText}";
            }
            if (Method != MethodId.ConnectionClose)
                throw new InvalidOperationException($"A close was expected, {this} came.");
            ConnectionClose end = ConnectionClose.Read(ref reader);
            return $"{end.ReplyCode} {end.ReplyTextText}";
        }
    }

    /// <inheritdoc/>
    public override string ToString()
    {
        if (ReferenceEquals(this, End))
            return "the end";
        if (ReferenceEquals(this, Heartbeat))
            return "heartbeat";
        return Method is MethodId.ChannelClose or MethodId.ConnectionClose
            ? $"{MethodNames.NameOf(Method)} on {Channel}: {CloseReason}"
            : $"{MethodNames.NameOf(Method)} on {Channel}";
    }

    private WireReader Reader(params ReadOnlySpan<uint> methods) => methods.Contains(Method)
        ? new WireReader(Arguments)
        : throw new InvalidOperationException($"{MethodNames.NameOf(methods[0])} was expected, {this} came.");
}
