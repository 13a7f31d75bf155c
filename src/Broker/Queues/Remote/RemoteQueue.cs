using Warren.Amqp;
using Warren.Broker.Channels;
using Warren.Broker.Messages;
using Warren.Cluster;

namespace Warren.Broker.Queues.Remote;

/// <summary>
/// The stand-in, on this node, of a queue whose home is another. A line is two lanes each way, in which nothing is
/// lost, doubled or reordered while both processes live, whatever becomes of the link. When it ends otherwise nobody
/// knows what became of what was not answered, and nobody is told a lie: publishes are nacked, consumers cancelled,
/// requests refused.
/// </summary>
internal sealed class RemoteQueue : StandIn
{
    private readonly LinePeer _peer;
    private readonly StandInPublishes _publishes;
    private readonly RemoteClients _clients;
    private readonly RemoteEpochs _epochs = new();
    private AmqpException? _unavailable;
    private long _process;
    private bool _isUp;
    private bool _isGone;
    private bool _hasLateSettlements;
    private long _downSinceMs;

    internal RemoteQueue(MessageBroker broker, QueueLinks links, NodeId home, QueueSettings settings)
        : base(broker, links, links.PeerOf(home), settings)
    {
        _peer = links.PeerOf(home);
        _downSinceMs = broker.NowMs;
        _publishes = new StandInPublishes(this, Lanes);
        _clients = new RemoteClients(this, Lanes.Settlements, broker);
    }

    /// <summary>The node that the queue lives on.</summary>
    public NodeId HomeNode => _peer.Id;

    /// <inheritdoc/>
    public override bool IsReached => Volatile.Read(ref _isUp);

    internal override AmqpException? Unavailable => Volatile.Read(ref _unavailable) is null ? null : HomeIsDown();

    /// <inheritdoc/>
    internal override byte Epoch => _epochs.Current;

    protected override RemoteClients Clients => _clients;

    protected override AnswerKind? Refusal =>
        _isGone ? AnswerKind.Closed : _unavailable is not null ? AnswerKind.Unavailable : null;

    /// <inheritdoc/>
    public override void Attach() => _peer.Attach(this);

    /// <inheritdoc/>
    public override bool IsServedBy(LinePeer peer) => peer == _peer;

    internal override void NeedLine()
    {
        if (HasLine)
            return;
        Lanes.Begin(Links.NextLine());
        _epochs.Begin();
    }

    /// <inheritdoc/>
    internal override AmqpException HomeIsDown() => Definition.Durable
        ? new AmqpException(
            ReplyCode.NotFound,
            $"home node '{Links.NameOf(_peer.Id)}' of durable {Describe()} is down or inaccessible")
        : new AmqpException(ReplyCode.NotFound, $"no {Describe()}");

    protected override void OnSync(in PublishTicket ticket, QueueScratch scratch)
    {
        if (_isGone || _unavailable is not null)
        {
            QueueReplies.Verdict(ticket, accepted: _isGone, scratch);
            return;
        }
        NeedLine();
        LineWriting.Request(
            Lanes.Posts, LineItemKind.Sync, _publishes.Await(ticket), Lanes.Settlements.LastNumber, 0);
    }

    protected override void OnPublish(in OwedPublish owed, Message message, QueueScratch scratch)
    {
        if (_isGone)
            _publishes.KeepOrRefuse(owed, message, LineEnd.Gone, scratch);
        else if (_unavailable is not null)
            _publishes.KeepOrRefuse(owed, message, LineEnd.Away, scratch);
        else
            _publishes.Send(owed, message);
    }

    protected override void OnCredit(PublishCredit credit, int sizeBytes) => _publishes.Add(credit, sizeBytes);

    // What was delivered on a line that is over is not held for its client any more. An acknowledgement still counts:
    // what has been dealt with need not come again; everything else is what has happened anyway.
    protected override void OnSettlement(in QueueCommand command)
    {
        if (_isGone || command.Slot < 0)
            return;
        if (HasLine && command.Priority == _epochs.Current)
            LineWriting.Settlement(Lanes.Settlements, KindOf(command), command.Slot, command.First);
        else if (command.Kind == QueueCommandKind.Settle && _epochs.IsOfSameProcess(command.Priority))
            AcknowledgeLate(command.First);
    }

    private static LineItemKind KindOf(in QueueCommand command) => command.Kind switch
    {
        QueueCommandKind.Settle => LineItemKind.Acknowledge,
        QueueCommandKind.Reject => LineItemKind.Reject,
        QueueCommandKind.Requeue => LineItemKind.Requeue,
        _ => command.Flag ? LineItemKind.Return : LineItemKind.Undelivered,
    };

    private void AcknowledgeLate(long position)
    {
        NeedLine();
        _hasLateSettlements = true;
        LineWriting.LateAcknowledge(Lanes.Settlements, position, _process);
    }

    protected override bool Takes(ushort kind, long line, LinePeer? from) => Lanes.Takes(kind, line);

    protected override void ReadVerdicts(ReadOnlySpan<byte> bytes, QueueScratch scratch) =>
        _publishes.ReadVerdicts(bytes, scratch);

    protected override void TakeWord(ushort kind, ref LineReader reader, QueueScratch scratch)
    {
        switch (kind)
        {
            case LineFrame.HomeReceipt:
                Lanes.TakeReceipt(ref reader);
                break;
            case LineFrame.Closed:
                bool isGone = (LineClosed)reader.Byte() == LineClosed.NoSuchQueue;
                EndLine(isGone ? LineEnd.NotThere : LineEnd.Lost, tells: false, scratch);
                break;
        }
    }

    protected override void OnNonsense(FormatException error, QueueScratch scratch)
    {
        Links.Refuse(_peer.Id, $"as the home of {Describe()}", error);
        EndLine(LineEnd.Lost, tells: true, scratch);
    }

    protected override void OnSignal(LineSignal signal, long process, QueueScratch scratch)
    {
        switch (signal)
        {
            case LineSignal.Up:
                OnUp(process, scratch);
                break;
            case LineSignal.Down:
                if (_isUp)
                    _downSinceMs = Broker.NowMs;
                _isUp = false;
                break;
            case LineSignal.Tick:
                Lanes.OweReceipt();
                if (!_isUp && !_isGone && _unavailable is null
                    && Broker.NowMs - _downSinceMs >= Links.Options.Patience.TotalMilliseconds)
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
            if (HasLine && (Lanes.WasUsed || _hasLateSettlements))
                EndLine(LineEnd.Lost, tells: false, scratch, isSameProcess: false);
            _epochs.NewProcess(keepsCurrent: HasLine);
            _process = process;
        }
        Lanes.Rewind();
        _publishes.SendKept();
    }

    private void GiveUp(QueueScratch scratch)
    {
        Volatile.Write(ref _unavailable, HomeIsDown());
        EndLine(LineEnd.Away, tells: false, scratch);
    }

    protected override void OnGone(QueueScratch scratch)
    {
        EndLine(LineEnd.Gone, tells: true, scratch);
        _isGone = true;
        _peer.Detach(this);
    }

    // Everybody who waits for something is told the truth as far as it is known here.
    private void EndLine(LineEnd why, bool tells, QueueScratch scratch, bool isSameProcess = true)
    {
        if (HasLine && tells && _isUp)
            Lanes.OweEnd(Lanes.Line);
        bool keepsAcknowledgements = isSameProcess && why is LineEnd.Away or LineEnd.Lost;
        List<long> acknowledged = keepsAcknowledgements ? UnreceivedAcknowledgements.Of(Lanes.Settlements) : [];
        _hasLateSettlements = false;
        Lanes.End();
        _publishes.End(why, scratch);
        _clients.End(why, scratch);
        foreach (long position in acknowledged)
            AcknowledgeLate(position);
        if (why == LineEnd.Lost && _isUp)
            _publishes.SendKept();
    }

    protected override void EndTurn()
    {
        if (_isUp)
            Lanes.Send(Definition.Id.Value, this);
        _publishes.GiveCredit();
        SetFull(_publishes.WaitingBytes > LineOptions.FullBytes);
        if (Lanes.IsUntold || (_isUp && _publishes.HasKept) || (!_isUp && !_isGone && _unavailable is null))
            WantTick();
    }
}
