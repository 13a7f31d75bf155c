using System.Runtime.InteropServices;
using Warren.Amqp;
using Warren.Broker.Channels;
using Warren.Broker.Messages;
using Warren.Broker.Queues.Replicated;
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
    private readonly RemotePublishes _publishes;
    private readonly RemoteClients _clients;
    private long _process;
    private bool _hasLateSettlements;
    private long _downSinceMs;
    // The queue is replicated by its definition; its home has been told that nothing more comes on this line.
    private bool _isReplicated;
    private bool _isMoving;
    private readonly List<QueueCommand> _waiting = new(0);
    private long _waitingBytes;
    private ReplicatedHome? _front;

    internal RemoteQueue(MessageBroker broker, QueueLinks links, NodeId home, QueueSettings settings)
        : base(broker, links, links.PeerOf(home), settings)
    {
        _peer = links.PeerOf(home);
        _downSinceMs = broker.NowMs;
        _publishes = new RemotePublishes(this, Lanes);
        _clients = new RemoteClients(this, Lanes.Settlements, broker);
    }

    /// <summary>The node that the queue lives on.</summary>
    public NodeId HomeNode => _peer.Id;

    /// <inheritdoc/>
    public override bool IsReached => Front?.IsReached ?? IsUp;

    /// <inheritdoc/>
    internal override QueueHome? Front => Volatile.Read(ref _front);

    protected override RemoteClients Clients => _clients;

    protected override StandInPublishes Publishes => _publishes;

    /// <inheritdoc/>
    public override void Attach() => _peer.Attach(this);

    /// <inheritdoc/>
    public override bool IsServedBy(LinePeer peer) => peer == _peer;

    internal override void NeedLine()
    {
        if (HasLine)
            return;
        Lanes.Begin(Links.NextLine());
        Epochs.Begin();
    }

    /// <inheritdoc/>
    internal override AmqpException HomeIsDown() => Definition.Durable
        ? new AmqpException(
            ReplyCode.NotFound,
            $"home node '{Links.NameOf(_peer.Id)}' of durable {Describe()} is down or inaccessible")
        : new AmqpException(ReplyCode.NotFound, $"no {Describe()}");

    // What comes while the line is moved waits for that.
    protected override bool Keeps(in QueueCommand command)
    {
        if (_front is { } front)
        {
            if (command.Kind == QueueCommandKind.PeerFrame)
                command.Message.Slab.Release(1);
            else if (command.Kind != QueueCommandKind.PeerSignal)
                front.Post(command);
            return true;
        }
        bool isClients = command.Kind is not (QueueCommandKind.PeerFrame or QueueCommandKind.PeerSignal
            or QueueCommandKind.Configure) && (command.Kind != QueueCommandKind.Close || command.Target is not null);
        if (!_isMoving || !isClients)
            return false;
        if (command.Kind == QueueCommandKind.Publish)
            _waitingBytes += command.Message.SizeBytes;
        _waiting.Add(command);
        return true;
    }

    protected override void OnPublish(in OwedPublish owed, Message message)
    {
        if (IsGivenUp)
            _publishes.Keep(owed, message);
        else
            _publishes.Send(owed, message);
    }

    // What was delivered on a line that is over is not held for its client any more. An acknowledgement still counts:
    // what has been dealt with need not come again; everything else is what has happened anyway.
    protected override void OnSettlement(LineItemKind kind, in QueueCommand command)
    {
        if (HasLine && command.Priority == Epochs.Current)
            LineWriting.Settlement(Lanes.Settlements, kind, command.Slot, command.First);
        else if (kind == LineItemKind.Acknowledge && Epochs.IsOfSameProcess(command.Priority))
            AcknowledgeLate(command.First);
    }

    private void AcknowledgeLate(long position)
    {
        NeedLine();
        _hasLateSettlements = true;
        LineWriting.LateAcknowledge(Lanes.Settlements, position, _process);
    }

    protected override bool Takes(ushort kind, long line, LinePeer? from) => Lanes.Takes(kind, line);

    protected override void ReadVerdicts(ReadOnlySpan<byte> bytes, QueueScratch scratch)
    {
        base.ReadVerdicts(bytes, scratch);
        if (!_publishes.IsMoving || _isMoving)
            return;
        _isMoving = true;
        _clients.IsMoving = true;
        LineWriting.Bare(Lanes.Posts, LineItemKind.Last);
        LineWriting.Bare(Lanes.Settlements, LineItemKind.Last);
    }

    protected override void TakeWord(ushort kind, ref LineReader reader, QueueScratch scratch)
    {
        switch (kind)
        {
            case LineFrame.HomeReceipt:
                Lanes.TakeReceipt(ref reader);
                break;
            case LineFrame.Closed:
                var closed = (LineClosed)reader.Byte();
                _isReplicated |= closed == LineClosed.Moved;
                bool isGone = closed == LineClosed.NoSuchQueue;
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
            case LineSignal.Replicated:
                _isReplicated = true;
                break;
            case LineSignal.Down:
                if (IsUp)
                    _downSinceMs = Broker.NowMs;
                IsUp = false;
                break;
        }
    }

    protected override void OnTick(QueueScratch scratch)
    {
        if (!IsUp && !IsGone && !IsGivenUp
            && Broker.NowMs - _downSinceMs >= Links.Options.Patience.TotalMilliseconds)
            GiveUp(scratch);
        if (IsUp)
            _publishes.SendKept();
    }

    private void OnUp(long process, QueueScratch scratch)
    {
        IsUp = true;
        IsGivenUp = false;
        if (process != _process)
        {
            // Positions of the other process name nothing in this one. What was never sent may still go.
            if (HasLine && (Lanes.WasUsed || _hasLateSettlements))
                EndLine(LineEnd.Lost, tells: false, scratch, isSameProcess: false);
            Epochs.NewProcess(keepsCurrent: HasLine);
            _process = process;
        }
        Lanes.Rewind();
        _publishes.SendKept();
    }

    private void GiveUp(QueueScratch scratch)
    {
        IsGivenUp = true;
        EndLine(LineEnd.Away, tells: false, scratch);
    }

    protected override void OnGone(QueueScratch scratch)
    {
        EndLine(LineEnd.Gone, tells: true, scratch);
        _isMoving = false;
        // Whoever came meanwhile is told.
        Post(CollectionsMarshal.AsSpan(_waiting));
        _waiting.Clear();
        _waitingBytes = 0;
        _peer.Detach(this);
    }

    // Everybody who waits for something is told the truth as far as it is known here.
    private void EndLine(LineEnd why, bool tells, QueueScratch scratch, bool isSameProcess = true)
    {
        if (HasLine && tells && IsUp)
            Lanes.OweEnd(Lanes.Line);
        bool keepsAcknowledgements = isSameProcess && why is LineEnd.Away or LineEnd.Lost;
        List<long> acknowledged = keepsAcknowledgements ? UnreceivedAcknowledgements.Of(Lanes.Settlements) : [];
        _hasLateSettlements = false;
        Lanes.End();
        _publishes.End(why, scratch);
        if ((_isReplicated || _isMoving) && why is LineEnd.Away or LineEnd.Lost)
        {
            MoveToFront([], acknowledged);
            return;
        }
        _clients.End(why, scratch);
        foreach (long position in acknowledged)
            AcknowledgeLate(position);
        if (why == LineEnd.Lost && IsUp)
            _publishes.SendKept();
    }

    /// <summary>
    /// Clients go on at the stand-in of the replicated queue, which is where everything goes that comes later.
    /// </summary>
    private void MoveToFront(IReadOnlyList<HeldMessage> held, List<long> acknowledged)
    {
        ReplicatedHome front = Links.Front(this);
        front.Post(QueueCommand.Adopt(new Adoption([], held, _clients)
        {
            Acknowledged = acknowledged,
            Epochs = Epochs,
        }));
        _publishes.MoveKept(front);
        front.Post(CollectionsMarshal.AsSpan(_waiting));
        _waiting.Clear();
        _waitingBytes = 0;
        Volatile.Write(ref _front, front);
        Links.Replace(Definition.Id.Value, front);
        _peer.Detach(this);
    }

    protected override void EndTurn()
    {
        if (_front is null && _publishes.IsMoved && _clients.IsMoved)
        {
            Lanes.OweEnd(Lanes.Line);
            Lanes.End();
            MoveToFront(_clients.Moved, []);
        }
        else if (_front is null && _isReplicated && !HasLine && !IsGone)
            MoveToFront([], []);
        if (IsUp)
            Lanes.Send(Definition.Id.Value, this);
        _publishes.GiveCredit();
        SetFull(_publishes.WaitingBytes + _waitingBytes > LineOptions.FullBytes);
        if (_front is not null)
            return;
        if (Lanes.IsUntold || (IsUp && _publishes.HasKept) || (!IsUp && !IsGone && !IsGivenUp))
            WantTick();
    }
}
