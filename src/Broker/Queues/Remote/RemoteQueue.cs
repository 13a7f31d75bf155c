using Warren.Amqp;
using Warren.Broker.Arguments;
using Warren.Broker.Channels;
using Warren.Broker.Messages;
using Warren.Broker.Operations;
using Warren.Broker.Security;
using Warren.Cluster;

namespace Warren.Broker.Queues.Remote;

/// <summary>
/// The stand-in, on this node, of a queue whose home is another: takes the same commands, carries them there by a line,
/// and carries out what comes back. A line is two lanes each way, in which nothing is lost, doubled or reordered while
/// both processes live, whatever becomes of the link. When it ends otherwise nobody knows what became of what was not
/// answered, and nobody is told a lie: publishes are nacked, consumers cancelled, requests refused.
/// Everything is its turn's, but for what others may read: counts and <see cref="Unavailable"/>.
/// </summary>
internal sealed class RemoteQueue : QueueHome, ILine
{
    private readonly MessageBroker _broker;
    private readonly QueueLinks _links;
    private readonly LinePeer _peer;
    private readonly StandInLanes _lanes;
    private readonly StandInPublishes _publishes;
    private readonly RemoteClients _clients;
    private readonly RemoteEpochs _epochs = new();
    private QueueCounts _counts = QueueCounts.None;
    private AmqpException? _unavailable;
    private long _process;
    private bool _isUp;
    private bool _isGone;
    private bool _hasLateSettlements;
    private bool _wantsTick;
    private bool _isFull;
    private long _downSinceMs;

    internal RemoteQueue(MessageBroker broker, QueueLinks links, NodeId home, QueueSettings settings)
        : base(broker.Turns, settings)
    {
        _broker = broker;
        _links = links;
        _peer = links.PeerOf(home);
        _downSinceMs = broker.NowMs;
        _lanes = new StandInLanes(_peer);
        _publishes = new StandInPublishes(this, _lanes);
        _clients = new RemoteClients(this, _lanes.Settlements, broker);
    }

    /// <summary>The node that the queue lives on.</summary>
    public NodeId HomeNode => _peer.Id;

    /// <inheritdoc/>
    public override int ReadyCount => Counts.Ready;

    /// <inheritdoc/>
    public override int UnackedCount => Counts.Unacked;

    /// <inheritdoc/>
    public override long ReadyBytes => Counts.ReadyBytes;

    /// <inheritdoc/>
    public override long UnackedBytes => Counts.UnackedBytes;

    /// <inheritdoc/>
    public override long ResidentBytes => Counts.ResidentBytes;

    /// <inheritdoc/>
    public override int ConsumerCount => Counts.Consumers;

    /// <inheritdoc/>
    public override ConsumerStatus? Holder => Counts.Holder;

    /// <inheritdoc/>
    internal override bool IsRemote => true;

    /// <inheritdoc/>
    public override bool IsReached => Volatile.Read(ref _isUp);

    internal override AmqpException? Unavailable => Volatile.Read(ref _unavailable) is null ? null : HomeIsDown();

    /// <inheritdoc/>
    internal override bool IsFull => Volatile.Read(ref _isFull);

    /// <summary>As the home last told; written by the links.</summary>
    public QueueCounts Counts
    {
        get => Volatile.Read(ref _counts);
        set => Volatile.Write(ref _counts, value);
    }

    /// <inheritdoc/>
    public void Signal(LineSignal signal, long process) => Post(QueueCommand.PeerSignal(signal, process));

    /// <summary>The queue is in the topology: it follows its home node from now on.</summary>
    public void Attach() => _peer.Attach(this);

    /// <summary>Deliveries of the line of today bear this.</summary>
    internal byte Epoch => _epochs.Current;

    /// <summary>There is a line, made now if there was none.</summary>
    internal void NeedLine()
    {
        if (_lanes.Line != 0)
            return;
        _lanes.Begin(_links.NextLine());
        _epochs.Begin();
    }

    protected override void Handle(ReadOnlySpan<QueueCommand> batch)
    {
        QueueScratch scratch = QueueScratch.ForThisThread;
        foreach (ref readonly QueueCommand command in batch)
            Apply(command, scratch);
        Flush();
        scratch.Flush();
    }

    private void Apply(in QueueCommand command, QueueScratch scratch)
    {
        switch (command.Kind)
        {
            case QueueCommandKind.Publish:
                OnPublish(command, scratch);
                break;
            case >= QueueCommandKind.Settle and <= QueueCommandKind.Return:
                OnSettlement(command);
                break;
            case QueueCommandKind.Credit:
                _publishes.Add((PublishCredit)command.Target!, (int)command.Second);
                break;
            case QueueCommandKind.Written:
                _clients.Written((Consumer)command.Target!, (int)command.First, command.Second);
                break;
            case QueueCommandKind.PeerFrame:
                OnFrame((ushort)command.Slot, command.Message, scratch);
                break;
            case QueueCommandKind.PeerSignal:
                OnSignal((LineSignal)command.Slot, command.First, scratch);
                break;
            case QueueCommandKind.AddConsumer:
                if (IsReady(command.Group, scratch))
                    _clients.Add((Consumer)command.Target!, command.Group);
                break;
            case QueueCommandKind.CancelConsumer:
                if (!_clients.Cancel((Consumer)command.Target!, command.Group) && command.Group is not null)
                    Answer(command.Group, AnswerKind.Ok, scratch);
                break;
            case QueueCommandKind.Together:
                if (_lanes.Line != 0)
                    LineWriting.Together(_lanes.Settlements, command.First, command.Flag);
                break;
            case QueueCommandKind.Resume:
                _clients.Resume((Consumer)command.Target!);
                break;
            case QueueCommandKind.Configure:
                Settings = (QueueSettings)command.Target!;
                break;
            case QueueCommandKind.Close when command.Target is null:
                OnGone(scratch);
                break;
            default:
                OnRequest(command, scratch);
                break;
        }
    }

    private void OnRequest(in QueueCommand command, QueueScratch scratch)
    {
        switch (command.Kind)
        {
            case QueueCommandKind.Get:
                Ask(LineItemKind.Get, command.Target!, command.Flag ? 1 : 0, scratch);
                break;
            case QueueCommandKind.Purge:
                Ask(LineItemKind.Purge, command.Target!, 0, scratch);
                break;
            case QueueCommandKind.Status:
                Ask(LineItemKind.Status, command.Target!, command.Flag ? 1 : 0, scratch);
                break;
            case QueueCommandKind.Close:
                int flags = (command.Priority != 0 ? 1 : 0) | (command.Flag ? 2 : 0);
                Ask(LineItemKind.Close, command.Target!, flags, scratch);
                break;
            case QueueCommandKind.Sync:
                OnSync(new PublishTicket(command.Target, (ulong)command.Second, command.Group), scratch);
                break;
        }
    }

    private void Ask(LineItemKind kind, object request, int flags, QueueScratch scratch)
    {
        if (!IsReady(request, scratch))
            return;
        LineWriting.Request(
            _lanes.Posts, kind, _clients.Ask(request), _lanes.Settlements.LastNumber, (byte)flags);
    }

    // False: who asks has been told that he cannot have it.
    private bool IsReady(object? request, QueueScratch scratch)
    {
        if (_isGone || _unavailable is not null)
        {
            if (request is not null)
                Answer(request, _isGone ? AnswerKind.Closed : AnswerKind.Unavailable, scratch);
            return false;
        }
        NeedLine();
        return true;
    }

    private void OnSync(in PublishTicket ticket, QueueScratch scratch)
    {
        if (_isGone || _unavailable is not null)
        {
            QueueReplies.Verdict(ticket, accepted: _isGone, scratch);
            return;
        }
        NeedLine();
        LineWriting.Request(
            _lanes.Posts, LineItemKind.Sync, _publishes.Await(ticket), _lanes.Settlements.LastNumber, 0);
    }

    private void OnPublish(in QueueCommand command, QueueScratch scratch)
    {
        var owed = new OwedPublish
        {
            Ticket = new PublishTicket(command.Target, (ulong)command.Second, command.Group),
            TtlMs = command.First,
            Priority = command.Priority,
            Persistent = command.Flag,
        };
        if (_isGone)
            _publishes.KeepOrRefuse(owed, command.Message, LineEnd.Gone, scratch);
        else if (_unavailable is not null)
            _publishes.KeepOrRefuse(owed, command.Message, LineEnd.Away, scratch);
        else
            _publishes.Send(owed, command.Message);
    }

    // What was delivered on a line that is over is not held for its client any more. An acknowledgement still counts:
    // what has been dealt with need not come again; everything else is what has happened anyway.
    private void OnSettlement(in QueueCommand command)
    {
        if (_isGone || command.Slot < 0)
            return;
        if (_lanes.Line != 0 && command.Priority == _epochs.Current)
        {
            LineItemKind kind = command.Kind switch
            {
                QueueCommandKind.Settle => LineItemKind.Acknowledge,
                QueueCommandKind.Reject => LineItemKind.Reject,
                QueueCommandKind.Requeue => LineItemKind.Requeue,
                _ => command.Flag ? LineItemKind.Return : LineItemKind.Undelivered,
            };
            LineWriting.Settlement(_lanes.Settlements, kind, command.Slot, command.First);
        }
        else if (command.Kind == QueueCommandKind.Settle && _epochs.IsOfSameProcess(command.Priority))
        {
            AcknowledgeLate(command.First);
        }
    }

    private void AcknowledgeLate(long position)
    {
        NeedLine();
        _hasLateSettlements = true;
        LineWriting.LateAcknowledge(_lanes.Settlements, position, _process);
    }

    private void OnFrame(ushort kind, Message frame, QueueScratch scratch)
    {
        try
        {
            if (_lanes.Takes(kind, LineFrame.LineOf(frame.Body)))
                Take(kind, frame, scratch);
        }
        catch (FormatException error)
        {
            _links.Refuse(_peer.Id, $"as the home of {Describe()}", error);
            EndLine(LineEnd.Lost, tells: true, scratch);
        }
        finally
        {
            scratch.FlushReferences();
            frame.Slab.Release(1);
        }
    }

    private void Take(ushort kind, Message frame, QueueScratch scratch)
    {
        ReadOnlySpan<byte> bytes = frame.Body;
        var reader = new LineReader(bytes, LineFrame.AddressBytes);
        switch (kind)
        {
            case LineFrame.Deliveries:
                if (_lanes.Deliveries.Takes(LineFrame.NumberOf(bytes), bytes.Length))
                    _clients.Read(frame, _lanes.Deliveries, scratch);
                break;
            case LineFrame.Verdicts:
                if (_lanes.Verdicts.Takes(LineFrame.NumberOf(bytes), bytes.Length))
                    _publishes.ReadVerdicts(bytes, scratch);
                break;
            case LineFrame.HomeReceipt:
                _lanes.TakeReceipt(ref reader);
                break;
            case LineFrame.Closed:
                EndLine(reader.Byte() != 0 ? LineEnd.NotThere : LineEnd.Lost, tells: false, scratch);
                break;
        }
    }

    private void OnSignal(LineSignal signal, long process, QueueScratch scratch)
    {
        switch (signal)
        {
            case LineSignal.Up:
                OnUp(process, scratch);
                break;
            case LineSignal.Down:
                if (_isUp)
                    _downSinceMs = _broker.NowMs;
                _isUp = false;
                break;
            case LineSignal.Tick:
                _wantsTick = false;
                _lanes.OweReceipt();
                if (!_isUp && !_isGone && _unavailable is null
                    && _broker.NowMs - _downSinceMs >= _links.Options.Patience.TotalMilliseconds)
                    GiveUp(scratch);
                if (_isUp)
                    _publishes.SendKept();
                break;
        }
    }

    private void OnUp(long process, QueueScratch scratch)
    {
        _isUp = true;
        Volatile.Write(ref _unavailable, null);
        if (process != _process)
        {
            // Positions of the other process name nothing in this one. What was never sent may still go.
            if (_lanes.Line != 0 && (_lanes.WasUsed || _hasLateSettlements))
                EndLine(LineEnd.Lost, tells: false, scratch, isSameProcess: false);
            _epochs.NewProcess(keepsCurrent: _lanes.Line != 0);
            _process = process;
        }
        _lanes.Rewind();
        _publishes.SendKept();
    }

    private void GiveUp(QueueScratch scratch)
    {
        Volatile.Write(ref _unavailable, HomeIsDown());
        EndLine(LineEnd.Away, tells: false, scratch);
    }

    private void OnGone(QueueScratch scratch)
    {
        EndLine(LineEnd.Gone, tells: true, scratch);
        _isGone = true;
        _peer.Detach(this);
    }

    // Everybody who waits for something is told the truth as far as it is known here.
    private void EndLine(LineEnd why, bool tells, QueueScratch scratch, bool isSameProcess = true)
    {
        if (_lanes.Line != 0 && tells && _isUp)
            _lanes.OweEnd(_lanes.Line);
        bool keepsAcknowledgements = isSameProcess && why is LineEnd.Away or LineEnd.Lost;
        List<long> acknowledged = keepsAcknowledgements ? UnreceivedAcknowledgements.Of(_lanes.Settlements) : [];
        _hasLateSettlements = false;
        _lanes.End();
        _publishes.End(why, scratch);
        _clients.End(why, scratch);
        foreach (long position in acknowledged)
            AcknowledgeLate(position);
        if (why == LineEnd.Lost && _isUp)
            _publishes.SendKept();
    }

    /// <summary>Answers a request here.</summary>
    internal void Answer(object request, AnswerKind answer, QueueScratch scratch)
    {
        if (answer == AnswerKind.Unavailable && request is QueueRequest ofChannel)
        {
            ofChannel.Refuse(HomeIsDown());
            scratch.Answered.Add(ofChannel);
            return;
        }
        var effect = new QueueEffect { Kind = QueueEffectKind.Answer, Subject = request, Answer = answer };
        QueueReplies.Reply(effect, this, scratch);
    }

    /// <summary>What a client is told who wants something that only the home could do.</summary>
    internal AmqpException HomeIsDown() => Definition.Durable
        ? new AmqpException(
            ReplyCode.NotFound,
            $"home node '{_links.NameOf(_peer.Id)}' of durable {Describe()} is down or inaccessible")
        : new AmqpException(ReplyCode.NotFound, $"no {Describe()}");

    private string Describe() => ResourceName.Describe(ResourceKind.Queue, Definition.Name, Definition.Vhost);

    // The end of the turn: frames and receipts go out, and those whose frames are out may post more.
    private void Flush()
    {
        if (_isUp)
            _lanes.Send(Definition.Id.Value, this);
        _publishes.GiveCredit();
        Volatile.Write(ref _isFull, _publishes.WaitingBytes > LineOptions.FullBytes);
        bool needsTick = _lanes.IsUntold || (_isUp && _publishes.HasKept)
            || (!_isUp && !_isGone && _unavailable is null);
        if (!needsTick || _wantsTick)
            return;
        _wantsTick = true;
        _links.WantTick(this);
    }
}
