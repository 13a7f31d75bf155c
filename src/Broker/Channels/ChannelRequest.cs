using Warren.Amqp;
using Warren.Broker.Connections;

namespace Warren.Broker.Channels;

/// <summary>
/// A method that a channel is waiting for: the channel takes no further frame until it is answered, the connection's
/// other channels go on. Answered exactly once, from whatever turn has the answer.
/// </summary>
public class ChannelRequest
{
    private readonly bool _noWait;
    private readonly uint _method;
    private int _answered;

    internal ChannelRequest(Channel channel, bool noWait)
    {
        Channel = channel;
        _noWait = noWait;
        _method = channel.CurrentMethod;
    }

    internal Channel Channel { get; }

    /// <summary>The client wants no reply, so that nothing is promised by going on.</summary>
    internal bool IsNoWait => _noWait;

    /// <summary>Sends the reply, unless the client does not want it, and lets the channel go on.</summary>
    internal void Succeed<TMethod>(scoped in TMethod reply)
        where TMethod : struct, IMethod, allows ref struct
    {
        if (Encode(reply) is { } frames)
            Channel.Deliveries.Outbox.Post(OutboxItem.Frames(frames, Channel.Deliveries));
        Resume();
    }

    /// <summary>The reply's frame; null if the client does not want it.</summary>
    internal byte[]? Encode<TMethod>(scoped in TMethod reply)
        where TMethod : struct, IMethod, allows ref struct
    {
        if (_noWait)
            return null;
        byte[] frame = new byte[FrameWriter.MethodFrameBytes(reply)];
        FrameWriter.WriteMethod(frame, Channel.Number, reply);
        return frame;
    }

    /// <summary>Every queue of a transaction has answered.</summary>
    internal void Committed(bool accepted)
    {
        if (accepted)
            Succeed(new TxCommitOk());
        else
            Fail(new AmqpException(ReplyCode.PreconditionFailed, "partial tx completion"));
    }

    /// <summary>Closes the channel or the connection, as the error says.</summary>
    internal void Fail(AmqpException error)
    {
        if (error.ClassId == 0 && !error.IsNobodysMethod)
        {
            error.ClassId = (ushort)(_method >> 16);
            error.MethodId = (ushort)_method;
        }
        Answer(new ConnectionEvent(ConnectionEventKind.Failed, 0, Channel, error));
    }

    /// <summary>Lets the channel go on; the reply, if any, has been posted.</summary>
    internal void Resume() => Answer(new ConnectionEvent(ConnectionEventKind.Resume, 0, Channel));

    /// <summary>Has the method handled once more: <see cref="Channel.LookAgain"/>.</summary>
    private protected void LookAgain() =>
        Answer(new ConnectionEvent(ConnectionEventKind.LooksAgain, 0, Channel, this));

    private void Answer(in ConnectionEvent happened)
    {
        if (Interlocked.Exchange(ref _answered, 1) != 0)
            throw new InvalidOperationException("A request was answered twice.");
        Channel.Connection.Post(happened);
    }
}
