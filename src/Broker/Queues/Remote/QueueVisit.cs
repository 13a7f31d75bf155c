using System.Buffers.Binary;
using Warren.Amqp;
using Warren.Broker.Channels;
using Warren.Broker.Connections;
using Warren.Broker.Definitions;
using Warren.Broker.Messages;
using Warren.Broker.Queues.Replicated;
using Warren.Broker.Turns;
using Warren.Cluster;
using Warren.Cluster.Links;

namespace Warren.Broker.Queues.Remote;

/// <summary>
/// One end of a line, on the queue's home: what the clients of another node want of one queue. Frames become ordinary
/// commands, and what the queue's turn hands out comes into this mailbox as into a client's outbox and goes back.
/// Everything that comes is taken in order and once; consumers and what they hold stay through a lost link for as long
/// as <see cref="LineOptions.HomePatience"/>, then they go back to the queue, uncounted. All of it is its turn's.
/// </summary>
internal sealed class QueueVisit : Mailbox<OutboxItem>, ILine
{
    /// <summary>Settlements frames of which the other side need not know at once that they are committed.</summary>
    private const int MostFramesUntold = 32;

    private readonly QueueLinks _links;
    private readonly LinePeer _peer;
    private readonly LaneReceiver _posts = new();
    private readonly LaneReceiver _settlements = new();
    private readonly LaneSender _deliveries = new(LineFrame.Deliveries, LinkClass.Deliveries);
    private readonly LaneSender _verdicts = new(LineFrame.Verdicts, LinkClass.Acknowledgements);
    private readonly VerdictWriting _runs;
    private readonly VisitOutbox _outbox;
    private readonly VisitCommands _commands;
    private readonly LineMove _move;
    private readonly bool _isToLeader;
    private readonly PublishCredit _credit;
    // Frames of a queue that is not known here yet, then posts that wait for settlements sent before them.
    private readonly EarlyFrames _early;
    private readonly Queue<(Message Frame, int At)> _held = new(0);
    private readonly SlabReleases _releases = new();
    private QueueHome? _queue;
    // The queue is replicated, and led here; a visit that has entered it leaves it at its end.
    private ReplicatedLeader? _leader;
    // Of a replicated queue: up to which settlements frame it was asked, has committed, and has said so.
    private long _commitAsked;
    private long _committed;
    private long _committedTold;
    private long _grantedBytes = LineOptions.WindowBytes;
    private bool _isGrantDue;
    // The frame with the answer to whoever has closed the queue; 0: nobody has, or he has the answer.
    private long _closedIn;
    private bool _isUp = true;
    private bool _isOver;
    private bool _isGone;
    private bool _waitsForOther;
    private QueueVisit? _successor;
    private bool _wantsTick;
    private long _waitsSinceMs;

    /// <param name="links">The node's.</param>
    /// <param name="peer">The node whose clients it serves.</param>
    /// <param name="queue">The queue's id.</param>
    /// <param name="line">The line's number.</param>
    /// <param name="isToLeader">It goes to the leader of a replicated queue.</param>
    /// <param name="waitsForOther">
    /// An older line of that node to this queue has not ended yet. It is told to <see cref="TellAtEnd"/>.
    /// </param>
    public QueueVisit(
        QueueLinks links, LinePeer peer, long queue, long line, bool isToLeader, bool waitsForOther)
        : base(links.Broker.Turns)
    {
        _isToLeader = isToLeader;
        _waitsForOther = waitsForOther;
        _links = links;
        _peer = peer;
        QueueNumber = queue;
        Line = line;
        _deliveries.OwnSlabs = _verdicts.OwnSlabs = peer.OwnSlabs;
        _outbox = new VisitOutbox(links.Broker.Turns, this);
        _commands = new VisitCommands(_outbox, links.Broker, links.Peers.Process);
        _move = new LineMove(this, _commands, _deliveries, _verdicts);
        _early = new EarlyFrames(peer);
        _runs = new VerdictWriting(_verdicts);
        _credit = new PublishCredit(() => Signal(LineSignal.Credit, 0));
        _waitsSinceMs = links.Broker.NowMs;
        Signal(LineSignal.Known, 0);
    }

    /// <summary>The node whose clients it serves.</summary>
    public NodeId Visitor => _peer.Id;

    /// <summary>The queue's id.</summary>
    public long QueueNumber { get; }

    /// <summary>The line's number, given by the other node.</summary>
    public long Line { get; }

    /// <summary>
    /// Another line takes this one's place, but not before what this one's clients had is with the queue again: else
    /// they would be their own rivals. Under the peer's lock.
    /// </summary>
    public void TellAtEnd(QueueVisit successor) => _successor = successor;

    /// <inheritdoc/>
    public void Signal(LineSignal signal, long process) => Post(OutboxItem.PeerSignal(signal));

    protected override void Handle(ReadOnlySpan<OutboxItem> batch)
    {
        foreach (ref readonly OutboxItem item in batch)
        {
            if (_isOver)
                Discard(item);
            else
                HandleOne(item);
        }
        _releases.Flush();
        if (!_isOver)
            Flush();
    }

    private void HandleOne(in OutboxItem item)
    {
        switch (item.Kind)
        {
            case OutboxItemKind.Deliver:
                LineWriting.Delivery(
                    _deliveries, LineItemKind.Deliver, ((Consumer)item.Target!).LineNumber, item.Message, item.Slot,
                    item.Position, FlagsOf(item), (int)item.Extra, 0);
                _releases.Add(item.Message.Slab);
                break;
            case OutboxItemKind.GetOk:
                if (item.Slot >= 0)
                    _commands.Got(item.Slot, item.Position);
                LineWriting.Delivery(
                    _deliveries, LineItemKind.GetOk, ((VisitRequest)item.Target!).Number, item.Message, item.Slot,
                    item.Position, FlagsOf(item), (int)(item.Extra >> 32), (int)item.Extra);
                _releases.Add(item.Message.Slab);
                break;
            case OutboxItemKind.Confirm:
                if (!VisitCommands.IsOfSettlements(item.Extra, out long frame))
                    _runs.Add(item.Extra, item.Flag);
                else if (item.Flag)
                    _committed = Math.Max(_committed, frame);
                break;
            case OutboxItemKind.VisitAnswer:
                OnAnswer(item);
                break;
            case OutboxItemKind.VisitEvent:
                VisitEvents.Tell(item, _deliveries, _commands);
                break;
            case OutboxItemKind.LineHandedOver:
                _runs.Write();
                _move.HandedOver((IReadOnlyList<HeldMessage>)item.Target!);
                break;
            case OutboxItemKind.PeerFrame:
                OnFrame((ushort)item.Slot, item.Message);
                break;
            case OutboxItemKind.PeerSignal:
                OnSignal((LineSignal)item.Slot);
                break;
            default:
                throw new InvalidOperationException($"{item.Kind} is nothing that another node's client gets.");
        }
    }

    private static byte FlagsOf(in OutboxItem item) => (byte)(
        (item.Flag ? LineWriting.Redelivered : 0) | (item.HoldsPlace ? LineWriting.HoldsPlace : 0));

    private void OnAnswer(in OutboxItem item)
    {
        var request = (VisitRequest)item.Target!;
        if (request.Number != 0)
        {
            LineWriting.Answer(_deliveries, request.Number, (AnswerKind)item.Extra, item.Position, item.Slot);
            if (HasClosed(item))
                _closedIn = _deliveries.LastNumber;
            return;
        }
        // The queue has looked at what its consumer was granted: what it did not need goes back.
        if (request.Consumer is { Shared: LeasedPrefetch lease, LineNumber: not 0 } consumer
            && lease.TakeFree() is > 0 and var unused)
            LineWriting.Counted(_deliveries, LineItemKind.UnusedPlaces, consumer.LineNumber, unused);
    }

    // A replicated queue sees to the end of its definition itself.
    private bool HasClosed(in OutboxItem item) =>
        _leader is null && item.Target is VisitRequest { Closes: true } && (AnswerKind)item.Extra == AnswerKind.Ok;

    // Who asked for the queue's end takes its definition out when he knows of it, unless his node is gone by then. Not
    // before he knows: the count is in the answer, which must not be overtaken.
    private void RemoveClosed()
    {
        _closedIn = 0;
        if ((_links.FindLocal(QueueNumber) ?? _links.FindLeader(QueueNumber)?.Queue) is { } closed)
            _links.Broker.Definitions.Post(new RemoveQueue(closed.Definition));
    }

    private void OnFrame(ushort kind, Message frame)
    {
        if (_queue is null && (kind is LineFrame.Posts or LineFrame.Settlements))
        {
            OnEarly(kind, frame);
            return;
        }
        try
        {
            Take(kind, frame);
        }
        catch (FormatException error)
        {
            // Posts are held until they are read to their end.
            if (kind != LineFrame.Posts)
                frame.Slab.Release(1);
            _links.Refuse(_peer.Id, $"for queue {QueueNumber}", error);
            End(LineClosed.NoSuchLine);
        }
    }

    private void OnEarly(ushort kind, Message frame)
    {
        try
        {
            if (!_early.TryAdd(kind, frame))
                End(LineClosed.NoSuchLine);
        }
        catch (FormatException error)
        {
            _links.Refuse(_peer.Id, $"for queue {QueueNumber}, which is not known here yet,", error);
            End(LineClosed.NoSuchLine);
        }
    }

    private void Take(ushort kind, Message frame)
    {
        ReadOnlySpan<byte> bytes = frame.Body;
        switch (kind)
        {
            case LineFrame.Posts:
                if (!_posts.Takes(LineFrame.NumberOf(bytes), bytes.Length))
                    break;
                _credit.Take(bytes.Length);
                _held.Enqueue((frame, LineFrame.HeaderBytes));
                // The last one may begin before the window's end.
                if (_posts.ReceivedBytes > _grantedBytes + PeerLink.MostBodyBytes)
                    throw new FormatException($"{_posts.ReceivedBytes} bytes of posts where {_grantedBytes} may be");
                GoOnWithPosts();
                return;
            case LineFrame.Settlements:
                if (_settlements.Takes(LineFrame.NumberOf(bytes), bytes.Length))
                {
                    _commands.ReadSettlements(bytes);
                    GoOnWithPosts();
                }
                break;
            case LineFrame.Receipt:
                var reader = new LineReader(bytes, LineFrame.AddressBytes);
                long received = reader.Int64();
                _deliveries.Received(received);
                _verdicts.Received(reader.Int64());
                if (_closedIn != 0 && received >= _closedIn)
                    RemoveClosed();
                break;
            case LineFrame.Ended:
                End(null);
                break;
        }
        frame.Slab.Release(1);
    }

    // A request must not overtake the settlements that were sent before it, which come in another class.
    private void GoOnWithPosts()
    {
        while (_held.TryPeek(out (Message Frame, int At) next))
        {
            int at = _commands.ReadPosts(next.Frame, next.At, _posts, _settlements.Received);
            if (at < next.Frame.BodySizeBytes)
            {
                _held.Dequeue();
                // At the head of the others.
                _held.Enqueue((next.Frame, at));
                for (int others = _held.Count - 1; others > 0; others--)
                    _held.Enqueue(_held.Dequeue());
                return;
            }
            _held.Dequeue();
            _commands.Add(QueueCommand.Credit(_credit, next.Frame.BodySizeBytes));
            next.Frame.Slab.Release(1);
        }
    }

    private void OnSignal(LineSignal signal)
    {
        switch (signal)
        {
            case LineSignal.Known:
                LookForQueue();
                break;
            case LineSignal.Up:
                _isUp = true;
                _deliveries.Rewind();
                _verdicts.Rewind();
                _isGrantDue = true;
                break;
            case LineSignal.Down:
                _isUp = false;
                _waitsSinceMs = _links.Broker.NowMs;
                _commands.EndTogether(long.MaxValue);
                break;
            case LineSignal.Tick:
                _wantsTick = false;
                OnTick();
                break;
            case LineSignal.Left:
                _waitsForOther = false;
                LookForQueue();
                break;
            case LineSignal.Moving:
                _runs.Write();
                _move.Look();
                break;
            case LineSignal.NotLeading:
                if (_leader is not null && _links.FindLeader(QueueNumber) != _leader)
                    End(LineClosed.NotLeading);
                break;
            case LineSignal.Retire:
                End(null);
                break;
        }
    }

    private void OnTick()
    {
        _commands.EndTogether(_links.Broker.NowMs - (long)_links.Options.TogetherPatience.TotalMilliseconds);
        bool hasWaited = _links.Broker.NowMs - _waitsSinceMs >= _links.Options.HomePatience.TotalMilliseconds;
        // Of a queue that is gone the other node ends the line itself, when it knows.
        if (hasWaited && (!_isUp || _queue is null || _isGone))
            End(_isGone ? LineClosed.NoSuchQueue : LineClosed.NoSuchLine);
        else
            _isGrantDue |= _posts.IsUntold || _settlements.IsUntold || _committed > _committedTold;
    }

    private void LookForQueue()
    {
        if (_waitsForOther || _move.IsOver)
            return;
        if (_queue is null && IsElsewhere() is { } why)
        {
            End(why);
            return;
        }
        // Ids rise with the definitions: what is behind what is known here may still come. Read first: it may come now.
        bool isKnown = _links.Broker.Definitions.LastIndex >= QueueNumber;
        ReplicatedLeader? leader = _queue is null && _isToLeader ? _links.FindLeader(QueueNumber) : null;
        if (leader?.TryEnter() == true)
            _leader = leader;
        QueueHome? found = _leader?.Queue ?? _links.FindLocal(QueueNumber);
        if (found is null && _links.FindStandIn(QueueNumber) is ReplicatedHome)
        {
            End(_isToLeader ? LineClosed.NotLeading : LineClosed.Moved);
            return;
        }
        if (found is null && isKnown && !_isGone)
        {
            _isGone = true;
            _waitsSinceMs = _links.Broker.NowMs;
            if (_queue is null)
                End(LineClosed.NoSuchQueue);
        }
        if (found is null || _queue is not null)
            return;
        if (_leader is null && found is Queue local && !_move.TryEnter(local))
        {
            End(LineClosed.Moved);
            return;
        }
        _queue = found;
        _commands.Queue = _queue;
        _commands.IsReplicated = _leader is not null;
        _peer.NoteKnown(this);
        while (!_isOver && _early.TryTake(out ushort kind, out Message frame))
            OnFrame(kind, frame);
        _move.Look();
    }

    // A line begins as what its stand-in takes the queue for; this node may know better, or not yet.
    private LineClosed? IsElsewhere() => _isToLeader
        ? _links.FindLocal(QueueNumber) is not null ? LineClosed.NotLeading : null
        : _links.FindLeader(QueueNumber) is not null ? LineClosed.Moved : null;

    // The end of the turn: commands to the queue, frames and receipts to the other node.
    private void Flush()
    {
        _runs.Write();
        if (_leader is not null && _settlements.Received > _commitAsked)
        {
            _commitAsked = _settlements.Received;
            _commands.AwaitCommit(_commitAsked);
        }
        _move.LookForLast();
        _commands.Flush();
        if (_isUp)
        {
            _verdicts.SendOrAwait(_peer, QueueNumber, Line, this);
            _deliveries.SendOrAwait(_peer, QueueNumber, Line, this);
            SendReceipt();
        }
        bool needsTick = !_isUp || _queue is null || _isGone || _isGrantDue || _posts.IsUntold
            || _settlements.IsUntold || _commands.IsTogether || _committed > _committedTold;
        if (!needsTick || _wantsTick)
            return;
        _wantsTick = true;
        _links.WantTick(this);
    }

    private void SendReceipt()
    {
        long granted = _posts.ReceivedBytes + LineOptions.WindowBytes;
        bool grants = granted - _grantedBytes >= LineOptions.WindowBytes / 4 && !_credit.MustWait();
        if (!grants && !_isGrantDue && !_posts.IsReceiptDue && !_settlements.IsReceiptDue
            && _committed - _committedTold < MostFramesUntold)
            return;
        if (grants || (granted > _grantedBytes && !_credit.MustWait()))
            _grantedBytes = granted;
        Span<byte> receipt = stackalloc byte[LineFrame.LeaderReceiptBytes];
        LineFrame.WriteReceipt(
            receipt, QueueNumber, Line, _posts.Received, _settlements.Received, _grantedBytes);
        BinaryPrimitives.WriteInt64LittleEndian(receipt[LineFrame.ReceiptBytes..], _committed);
        _isGrantDue = _leader is null
            ? !_peer.SendOrAwait(
                LinkClass.Acknowledgements, LineFrame.HomeReceipt, receipt[..LineFrame.ReceiptBytes], this)
            : !_peer.SendOrAwait(LinkClass.Acknowledgements, LineFrame.LeaderReceipt, receipt, this);
        if (_isGrantDue)
            return;
        _committedTold = _committed;
        _posts.Told();
        _settlements.Told();
    }

    // Everything goes back to the queue. Null: the other side knows.
    private void End(LineClosed? told)
    {
        if (_isOver)
            return;
        _isOver = true;
        if (told is { } why)
            _links.SendClosed(_peer, QueueNumber, Line, why);
        if (_closedIn != 0)
            RemoveClosed();
        _commands.End();
        _commands.Flush();
        _leader?.Leave();
        _move.Leave();
        if (!_waitsForOther)
            Leave();
        _deliveries.Clear();
        _verdicts.Clear();
        _posts.Clear();
        while (_early.TryTake(out _, out Message early))
            early.Slab.Release(1);
        while (_held.TryDequeue(out (Message Frame, int At) held))
            held.Frame.Slab.Release(1);
    }

    private void Leave()
    {
        // Of a line to a queue that was never known here nothing was taken: it may begin again.
        _peer.Leave(this, forgets: _isGone || _queue is null);
        _successor?.Signal(LineSignal.Left, 0);
    }

    private void Discard(in OutboxItem item)
    {
        if (item is { Kind: OutboxItemKind.PeerSignal, Slot: (int)LineSignal.Left })
            Leave();
        if (item.Kind == OutboxItemKind.VisitAnswer && HasClosed(item))
            RemoveClosed();
        if (item.Kind is OutboxItemKind.GetOk && item.Slot >= 0)
            GiveBack(item);
        if (item.Message.Slab is { } slab)
            _releases.Add(slab);
    }

    private void GiveBack(in OutboxItem got)
    {
        // What a queue holds that is taken over the next line says, or nobody does.
        if (_leader?.TryEnter() == false || _move.IsOver)
            return;
        _queue!.Post(QueueCommand.Return(got.Slot, got.Position, countsDelivery: false));
        _leader?.Leave();
    }
}
