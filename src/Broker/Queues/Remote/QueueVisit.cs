using System.Text;
using Warren.Amqp;
using Warren.Broker.Channels;
using Warren.Broker.Connections;
using Warren.Broker.Messages;
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
    private readonly QueueLinks _links;
    private readonly LinePeer _peer;
    private readonly LaneReceiver _posts = new();
    private readonly LaneReceiver _settlements = new();
    private readonly LaneSender _deliveries = new(LineFrame.Deliveries, LinkClass.Deliveries);
    private readonly LaneSender _verdicts = new(LineFrame.Verdicts, LinkClass.Acknowledgements);
    private readonly VisitOutbox _outbox;
    private readonly VisitCommands _commands;
    private readonly PublishCredit _credit;
    // Frames of a queue that is not known here yet, then posts that wait for settlements sent before them.
    private readonly Queue<(ushort Kind, Message Frame)> _early = new(0);
    private readonly Queue<(Message Frame, int At)> _held = new(0);
    private Queue? _queue;
    private long _grantedBytes = LineOptions.WindowBytes;
    private bool _isGrantDue;
    private long _verdictFrom;
    private int _verdictCount;
    private bool _verdict;
    private bool _isUp = true;
    private bool _isOver;
    private bool _wantsTick;
    private long _waitsSinceMs;
    private Slab? _releaseSlab;
    private int _releaseCount;

    public QueueVisit(QueueLinks links, LinePeer peer, long queue, long line)
        : base(links.Broker.Turns)
    {
        _links = links;
        _peer = peer;
        QueueNumber = queue;
        Line = line;
        _outbox = new VisitOutbox(links.Broker.Turns, this);
        _commands = new VisitCommands(_outbox, links.Broker.Slabs);
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
        FlushReleases();
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
                Release(item.Message.Slab);
                break;
            case OutboxItemKind.GetOk:
                if (item.Slot >= 0)
                    _commands.Got(item.Slot, item.Position);
                LineWriting.Delivery(
                    _deliveries, LineItemKind.GetOk, ((VisitRequest)item.Target!).Number, item.Message, item.Slot,
                    item.Position, FlagsOf(item), (int)(item.Extra >> 32), (int)item.Extra);
                Release(item.Message.Slab);
                break;
            case OutboxItemKind.Confirm:
                AddVerdict(item.Extra, item.Flag);
                break;
            case OutboxItemKind.VisitAnswer:
                OnAnswer(item);
                break;
            case OutboxItemKind.VisitEvent:
                OnEvent(item);
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
            return;
        }
        // The queue has looked at what its consumer was granted: what it did not need goes back.
        if (request.Consumer is { Shared: LeasedPrefetch lease, LineNumber: not 0 } consumer
            && lease.TakeFree() is > 0 and var unused)
            LineWriting.Counted(_deliveries, LineItemKind.UnusedPlaces, consumer.LineNumber, unused);
    }

    private void OnEvent(in OutboxItem item)
    {
        switch ((ConnectionEventKind)item.Slot)
        {
            case ConnectionEventKind.ConsumerEnded:
                var ended = (Consumer)item.Target!;
                if (_commands.Forget(ended))
                    LineWriting.Number(_deliveries, LineItemKind.ConsumerEnded, ended.LineNumber);
                break;
            case ConnectionEventKind.ConsumerOverdue:
                LineWriting.Number(
                    _deliveries, LineItemKind.ConsumerOverdue, ((Consumer)item.Target!).LineNumber);
                break;
            case ConnectionEventKind.PlaceReturned:
                LineWriting.Number(_deliveries, LineItemKind.WantsPlaces, ((Consumer)item.Target!).LineNumber);
                break;
            case ConnectionEventKind.Failed:
                var error = (AmqpException)item.Target!;
                long consumer = ((VisitChannel)item.Channel!).ConsumerNumber;
                byte[] text = Encoding.UTF8.GetBytes(error.Message);
                LineWriting.CloseChannel(_deliveries, consumer, error.ReplyCode, text);
                break;
        }
    }

    // Runs of neighbours are one item.
    private void AddVerdict(long ticket, bool accepted)
    {
        if (_verdictCount > 0 && accepted == _verdict && ticket == _verdictFrom + _verdictCount)
        {
            _verdictCount++;
            return;
        }
        WriteVerdicts();
        _verdictFrom = ticket;
        _verdictCount = 1;
        _verdict = accepted;
    }

    private void WriteVerdicts()
    {
        if (_verdictCount > 0)
            LineWriting.Verdicts(_verdicts, _verdictFrom, _verdictCount, _verdict);
        _verdictCount = 0;
    }

    private void OnFrame(ushort kind, Message frame)
    {
        if (_queue is null && (kind is LineFrame.Posts or LineFrame.Settlements))
        {
            _early.Enqueue((kind, frame));
            return;
        }
        try
        {
            Take(kind, frame);
        }
        catch (FormatException error)
        {
            _links.Broker.Log(
                LogLevel.Error, LogCategory.Queue,
                $"What node {_peer.Id} sent for queue {QueueNumber} makes no sense and is given up: {error.Message}");
            End(tells: true, isGone: false);
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
                _deliveries.Received(reader.Int64());
                _verdicts.Received(reader.Int64());
                break;
            case LineFrame.Ended:
                End(tells: false, isGone: false);
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
                break;
            case LineSignal.Tick:
                _wantsTick = false;
                OnTick();
                break;
            case LineSignal.Retire:
                End(tells: false, isGone: false);
                break;
        }
    }

    private void OnTick()
    {
        bool hasWaited = _links.Broker.NowMs - _waitsSinceMs >= _links.Options.HomePatience.TotalMilliseconds;
        if (hasWaited && (!_isUp || _queue is null))
            End(tells: true, isGone: false);
        else
            _isGrantDue |= _posts.IsUntold || _settlements.IsUntold;
    }

    private void LookForQueue()
    {
        if (_queue is not null)
            return;
        _queue = _links.FindLocal(QueueNumber);
        if (_queue is null)
        {
            // Ids rise with the definitions: what is behind what is known here may still come.
            if (_links.Broker.Definitions.LastIndex >= QueueNumber)
                End(tells: true, isGone: true);
            return;
        }
        _commands.Queue = _queue;
        while (!_isOver && _early.TryDequeue(out (ushort Kind, Message Frame) early))
            OnFrame(early.Kind, early.Frame);
    }

    // The end of the turn: commands to the queue, frames and receipts to the other node.
    private void Flush()
    {
        WriteVerdicts();
        _commands.Flush();
        if (_isUp)
        {
            Send(_verdicts, LinkClass.Acknowledgements);
            Send(_deliveries, LinkClass.Deliveries);
            SendReceipt();
        }
        bool needsTick = !_isUp || _queue is null || _posts.IsUntold || _settlements.IsUntold;
        if (!needsTick || _wantsTick)
            return;
        _wantsTick = true;
        _links.WantTick(this);
    }

    private void Send(LaneSender lane, LinkClass linkClass)
    {
        if (!lane.Send(_peer, QueueNumber, Line))
            return;
        _peer.AwaitRoom(linkClass, this);
        lane.Send(_peer, QueueNumber, Line);
    }

    private void SendReceipt()
    {
        long granted = _posts.ReceivedBytes + LineOptions.WindowBytes;
        bool grants = granted - _grantedBytes >= LineOptions.WindowBytes / 4 && !_credit.MustWait();
        if (!grants && !_isGrantDue && !_posts.IsReceiptDue && !_settlements.IsReceiptDue)
            return;
        if (grants || (granted > _grantedBytes && !_credit.MustWait()))
            _grantedBytes = granted;
        Span<byte> receipt = stackalloc byte[LineFrame.ReceiptBytes];
        LineFrame.WriteReceipt(
            receipt, QueueNumber, Line, _posts.Received, _settlements.Received, _grantedBytes);
        if (!_peer.TrySend(LinkClass.Acknowledgements, LineFrame.HomeReceipt, receipt))
        {
            _isGrantDue = true;
            _peer.AwaitRoom(LinkClass.Acknowledgements, this);
            return;
        }
        _isGrantDue = false;
        _posts.Told();
        _settlements.Told();
    }

    // Everything goes back to the queue.
    private void End(bool tells, bool isGone)
    {
        if (_isOver)
            return;
        _isOver = true;
        if (tells)
            _links.SendClosed(_peer, QueueNumber, Line, isGone);
        _peer.Leave(this);
        _commands.End();
        _commands.Flush();
        _deliveries.Clear();
        _verdicts.Clear();
        _posts.Clear();
        while (_early.TryDequeue(out (ushort Kind, Message Frame) early))
            early.Frame.Slab.Release(1);
        while (_held.TryDequeue(out (Message Frame, int At) held))
            held.Frame.Slab.Release(1);
    }

    private void Discard(in OutboxItem item)
    {
        if (item.Kind is OutboxItemKind.GetOk && item.Slot >= 0)
            _queue!.Post(QueueCommand.Return(item.Slot, item.Position, countsDelivery: false));
        if (item.Message.Slab is { } slab)
            Release(slab);
    }

    // Neighbours mostly share a slab.
    private void Release(Slab slab)
    {
        if (!ReferenceEquals(slab, _releaseSlab))
        {
            FlushReleases();
            _releaseSlab = slab;
        }
        _releaseCount++;
    }

    private void FlushReleases()
    {
        if (_releaseCount > 0)
            _releaseSlab!.Release(_releaseCount);
        _releaseCount = 0;
        _releaseSlab = null;
    }
}
