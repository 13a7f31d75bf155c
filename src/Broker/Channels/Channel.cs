using Warren.Amqp;
using Warren.Broker.Arguments;
using Warren.Broker.Connections;
using Warren.Broker.Definitions;
using Warren.Broker.Definitions.Nodes;
using Warren.Broker.Operations;
using Warren.Broker.Queues;
using Warren.Broker.Security;

namespace Warren.Broker.Channels;

/// <summary>
/// The incoming half of a channel: a strict sequence of methods, one at a time. While it waits for an answer, or for an
/// alarm to pass, its frames are kept and the connection's other channels go on. Owned by the connection's turn.
/// </summary>
public sealed class Channel
{
    private readonly DeferredFrames _deferred = new();
    // Of the method that is being handled, if what it finds may be out of date.
    private byte[]? _frame;
    private bool _isSuspended;
    // Frames, from the front, that came before a barrier was asked for that has been reached; and how many will have.
    private int _covered;
    private int _asked;
    private bool _isCovered;
    private bool _routesAnew;
    private bool _isClosing;
    private bool _isEnded;

    internal Channel(Connection connection, ushort number)
    {
        Connection = connection;
        Number = number;
        Deliveries = new DeliveryChannel(number, connection.Outbox, this);
        Publisher = new ChannelPublisher(this);
        Consumers = new ChannelConsumers(this);
        Entities = new ChannelEntities(this);
    }

    public ushort Number { get; }

    public Connection Connection { get; }

    public DeliveryChannel Deliveries { get; }

    internal ChannelPublisher Publisher { get; }

    internal ChannelConsumers Consumers { get; }

    internal ChannelEntities Entities { get; }

    /// <summary>The method being handled, for the request that it makes.</summary>
    internal uint CurrentMethod { get; private set; }

    public bool IsConfirming { get; private set; }

    /// <summary>Set while the channel is in tx mode.</summary>
    internal Transaction? Transaction { get; private set; }

    /// <summary>It waits for an alarm to pass.</summary>
    internal bool IsBlocked { get; private set; }

    /// <summary>
    /// What the method finds missing may be there on another node: who is to be told that it is not waits for a barrier
    /// first (<see cref="WaitForBarrier"/>), and looks again.
    /// </summary>
    internal bool MayLookAgain => !_isCovered && Connection.Broker.Definitions.NeedsBarrier;

    /// <summary>Closed, by either side: nothing of it is left in any queue.</summary>
    internal bool IsEnded => _isEnded;

    /// <summary>Takes one frame, now or, if the channel is waiting, later.</summary>
    internal void Accept(ReadOnlySpan<byte> raw, Frame frame)
    {
        if (_isClosing)
        {
            OnFrameWhileClosing(frame);
            return;
        }
        if (_isSuspended || IsBlocked)
        {
            Defer(raw);
            return;
        }
        if (IsStoppedByAlarm(frame))
        {
            IsBlocked = true;
            Defer(raw);
            return;
        }
        if (Publisher.IsInContent)
        {
            Connection.PublishBlock.NoteContent(frame.SizeBytes);
            Publisher.OnContentFrame(frame);
            return;
        }
        if (frame.Type != FrameType.Method)
        {
            throw new AmqpException(ReplyCode.UnexpectedFrame, "expected method frame, got non method frame instead")
            { IsNobodysMethod = true };
        }
        uint method = FrameDispatch.MethodOf(frame.Payload);
        var reader = new WireReader(frame.Payload[4..]);
        if (method == MethodId.BasicPublish)
        {
            CurrentMethod = method;
            Publisher.OnMethod(BasicPublish.Read(ref reader));
        }
        else
        {
            Handle(raw, method, ref reader);
        }
    }

    /// <summary>
    /// The channel goes on when this node has applied all that was committed by now. Every frame that has come until
    /// now is covered by that.
    /// </summary>
    internal void WaitForBarrier()
    {
        _asked = _deferred.Count;
        ChannelRequest request = SuspendFor(new ChannelRequest(this, noWait: true));
        Connection.Broker.Definitions.RequestBarrier(reached =>
        {
            if (reached)
                request.Resume();
            else
                request.Fail(Refusals.NotNow("no majority of its nodes can be reached to say what there is"));
        });
    }

    /// <summary>
    /// The channel goes on when this node knows again what others have bound, or does without. What it finds missing
    /// then is covered by nothing.
    /// </summary>
    internal void WaitForGate()
    {
        ChannelRequest request = SuspendFor(new ChannelRequest(this, noWait: true));
        _routesAnew = true;
        RoutingGate gate = Connection.Broker.Definitions.Gate;
        Connection.Broker.Definitions.Post(new TurnEvent(() => gate.WhenOpen(request.Resume)));
    }

    /// <summary>The message that has come is stopped by an alarm: it is routed anew when that is over.</summary>
    internal void WaitForAlarm() => IsBlocked = _routesAnew = true;

    /// <summary>
    /// A queue could not do what was asked, and may not be the one of its name any more: the method is handled once
    /// more behind a barrier, as if it came now.
    /// </summary>
    internal void LookAgain(QueueRequest refused)
    {
        _isSuspended = false;
        refused.Undo();
        HandleBehindBarrier(refused.Frame!);
    }

    internal void Unsuspend() => _isSuspended = false;

    /// <summary>Goes on with the frames that came meanwhile.</summary>
    internal void Resume()
    {
        _isSuspended = false;
        IsBlocked = false;
        (_covered, _asked) = (Math.Max(_covered, _asked), 0);
        if (Publisher.IsHeld && !_isEnded)
        {
            _isCovered = !_routesAnew;
            _routesAnew = false;
            Publisher.CompleteHeld();
        }
        Drain();
    }

    // Hands the kept frames on, in order, until one makes the channel wait again. What stands behind a close goes the
    // same way: the connection knows who has the channel's number then.
    private void Drain()
    {
        while (!_isSuspended && !IsBlocked && _deferred.TryPeek(out byte[] raw))
        {
            FrameReader.TryRead(raw, int.MaxValue, out Frame frame);
            // An alarm may have come meanwhile: the frame stays in front.
            if (!_isEnded && IsStoppedByAlarm(frame))
            {
                IsBlocked = true;
                return;
            }
            _deferred.Remove();
            Connection.DeferredBytes -= raw.Length;
            _isCovered = _covered > 0;
            _covered -= _isCovered ? 1 : 0;
            Connection.Dispatch(raw, frame);
        }
        _isCovered = false;
    }

    // An alarm stops publishes, and beyond a bound what is left of a message that has begun.
    private bool IsStoppedByAlarm(Frame frame)
    {
        if (Publisher.IsInContent)
            return !Connection.PublishBlock.MayTakeContent(frame.SizeBytes);
        if (frame.Type != FrameType.Method || frame.Payload.Length < 4
            || FrameDispatch.MethodOf(frame.Payload) != MethodId.BasicPublish)
            return false;
        Connection.PublishBlock.NotePublisher();
        return Connection.PublishBlock.IsOn;
    }

    /// <summary>
    /// Closes the channel for a mistake: everything goes back, and of what the client has sent already only its answer
    /// is looked for.
    /// </summary>
    internal void CloseWith(AmqpException error)
    {
        _isClosing = true;
        _isSuspended = false;
        End();
        Connection.SendLast(this, new ChannelClose(error.ReplyCode, error.ReplyText, error.ClassId, error.MethodId));
        Drain();
    }

    /// <summary>
    /// Returns everything to the queues and cancels the consumers. No frame is sent, and kept frames stay: the number
    /// may be in use again behind the close.
    /// </summary>
    internal void End()
    {
        if (_isEnded)
            return;
        _isEnded = true;
        Transaction?.Rollback(this);
        Transaction = null;
        Consumers.End();
        IsBlocked = false;
        Publisher.Reset();
    }

    internal ChannelStatus Describe() => new()
    {
        Number = Number,
        IsTransactional = Transaction is not null,
        IsConfirming = IsConfirming,
        Unacked = Deliveries.UnackedCount,
        UncommittedPublishes = Transaction?.PublishCount ?? 0,
        UncommittedSettlements = Transaction?.SettlementCount ?? 0,
        Unconfirmed = IsConfirming ? (int)(Publisher.Sequence - Deliveries.Confirms.ToldUpTo) : 0,
        PrefetchCount = Consumers.PrefetchCount,
        GlobalPrefetchCount = Consumers.GlobalPrefetchCount,
        ConsumerCount = Consumers.Count,
    };

    /// <summary>Throws away the frames that were kept, because the connection ends.</summary>
    internal void Forget() => Connection.DeferredBytes -= _deferred.Clear();

    internal AmqpException NoSuch(ResourceKind kind, string name) =>
        new(ReplyCode.NotFound, $"no {ResourceName.Describe(kind, name, Connection.VhostName)}");

    private void Defer(ReadOnlySpan<byte> raw)
    {
        _deferred.Add(raw);
        Connection.DeferredBytes += raw.Length;
    }

    // What changes nothing before it finds something missing, or locked: it is handled once more behind a barrier.
    private void Handle(ReadOnlySpan<byte> raw, uint method, ref WireReader reader)
    {
        if (AsksByName(method) && MayLookAgain && !Connection.Broker.Definitions.HasLease)
            _frame = raw.ToArray();
        try
        {
            OnMethod(method, ref reader);
        }
        catch (AmqpException error) when (Refusals.MayBeOutOfDate(error) && MayLookAgain)
        {
            HandleBehindBarrier(raw);
        }
        finally
        {
            _frame = null;
        }
    }

    // A deletion, which asks as well, has waited for the barrier before.
    private static bool AsksByName(uint method) =>
        method is MethodId.QueueDeclare or MethodId.QueuePurge or MethodId.BasicConsume or MethodId.BasicGet;

    private void HandleBehindBarrier(ReadOnlySpan<byte> raw)
    {
        _deferred.AddFirst(raw);
        Connection.DeferredBytes += raw.Length;
        WaitForBarrier();
    }

    private void OnMethod(uint method, ref WireReader reader)
    {
        CurrentMethod = method;
        switch (method)
        {
            case MethodId.ChannelOpen:
                throw new AmqpException(ReplyCode.ChannelError, "second 'channel.open' seen");
            case MethodId.ChannelClose:
                End();
                Connection.SendLast(this, new ChannelCloseOk());
                Connection.Channels.Remove(this);
                break;
            case MethodId.ChannelFlow:
                bool active = ChannelFlow.Read(ref reader).Active;
                if (!active)
                    throw new AmqpException(ReplyCode.NotImplemented, "active=false");
                Connection.Send(Number, new ChannelFlowOk(active));
                break;
            case MethodId.AccessRequest:
                Connection.Send(Number, new AccessRequestOk(1));
                break;
            case MethodId.ConfirmSelect:
                OnConfirmSelect(ConfirmSelect.Read(ref reader).NoWait);
                break;
            case MethodId.TxSelect:
                OnTxSelect();
                break;
            case MethodId.TxCommit:
                RequireTransaction().Commit(this, SuspendFor(new ChannelRequest(this, noWait: false)));
                break;
            case MethodId.TxRollback:
                RequireTransaction().Rollback(this);
                Connection.Send(Number, new TxRollbackOk());
                break;
            default:
                if (!Consumers.TryHandle(method, ref reader) && !Entities.TryHandle(method, ref reader))
                    throw new AmqpException(ReplyCode.CommandInvalid, "unimplemented method");
                break;
        }
    }

    /// <summary>Makes the channel wait for a request that is about to be posted.</summary>
    internal TRequest SuspendFor<TRequest>(TRequest request)
        where TRequest : ChannelRequest
    {
        _isSuspended = true;
        if (request is QueueRequest asked)
            asked.Frame = _frame;
        return request;
    }

    private void OnConfirmSelect(bool noWait)
    {
        if (Transaction is not null)
            throw new AmqpException(ReplyCode.PreconditionFailed, "cannot switch from tx to confirm mode");
        IsConfirming = true;
        if (!noWait)
            Connection.Send(Number, new ConfirmSelectOk());
    }

    private void OnTxSelect()
    {
        if (IsConfirming)
            throw new AmqpException(ReplyCode.PreconditionFailed, "cannot switch from confirm to tx mode");
        Transaction ??= new Transaction();
        Connection.Send(Number, new TxSelectOk());
    }

    private Transaction RequireTransaction() =>
        Transaction ?? throw new AmqpException(ReplyCode.PreconditionFailed, "channel is not transactional");

    // Whatever is wrong with a frame that is dropped, the client has been told of a mistake already.
    private void OnFrameWhileClosing(Frame frame)
    {
        if (frame.Type != FrameType.Method || frame.Payload.Length < 4)
            return;
        uint method = FrameDispatch.MethodOf(frame.Payload);
        if (method == MethodId.ChannelClose)
            Connection.Send(Number, new ChannelCloseOk());
        if (method is MethodId.ChannelCloseOk or MethodId.ChannelClose)
            Connection.Channels.Remove(this);
    }
}
