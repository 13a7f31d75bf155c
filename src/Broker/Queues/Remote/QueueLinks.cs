using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Collections.Immutable;
using Warren.Broker.Messages;
using Warren.Broker.Operations;
using Warren.Cluster;
using Warren.Cluster.Links;
using Warren.Cluster.Peers;

namespace Warren.Broker.Queues.Remote;

/// <summary>
/// The queues' part in the links between nodes: hands each frame to the visit or the stand-in that it is for, in that
/// one's turn, and gives its credit back at once, since what lies in a queue's mailbox is bounded by the queue's own
/// window. Any thread; of one peer one call at a time.
/// </summary>
internal sealed class QueueLinks : IPeerUser, IDisposable
{
    private readonly ConcurrentDictionary<long, QueueHome> _queues = new();
    private readonly ConcurrentDictionary<NodeId, LinePeer> _peers = new();
    private readonly ClusterNames _names;
    private readonly Lock _lock = new();
    private readonly ITimer _timer;
    private readonly CountQuestions _questions;
    private readonly ConsumerQuestions _consumers;
    private List<ILine> _ticking = [];
    private List<ILine>? _spare = [];
    private bool _isTimerSet;
    private long _lastLine;

    public QueueLinks(MessageBroker broker, ClusterSetup setup)
    {
        Broker = broker;
        Peers = setup.Peers;
        Options = setup.Lines;
        _names = new ClusterNames(broker);
        _questions = new CountQuestions(this);
        _consumers = new ConsumerQuestions(this);
        _timer = broker.Time.CreateTimer(
            static state => ((QueueLinks)state!).Tick(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        setup.Peers.Register(PeerFrameKind.FirstOfQueues, this);
    }

    public MessageBroker Broker { get; }

    public IPeers Peers { get; }

    public LineOptions Options { get; }

    public NodeId Self => Peers.Self;

    /// <summary>Members that can take a queue now, in an order that all nodes agree on.</summary>
    public IReadOnlyList<NodeId> Members => [.. Broker.Nodes.Sessions.Keys.Where(Broker.Nodes.Members.ContainsKey)];

    /// <summary>Whether it is among <see cref="Members"/>.</summary>
    public bool IsMember(NodeId node) => Broker.Nodes.Sessions.ContainsKey(node);

    /// <inheritdoc cref="ClusterNames.Of"/>
    public string NameOf(NodeId node) => _names.Of(node);

    public LinePeer PeerOf(NodeId id) =>
        _peers.TryGetValue(id, out LinePeer? peer) ? peer : _peers.GetOrAdd(id, new LinePeer(this, id));

    /// <summary>A number that no line of this process has had.</summary>
    public long NextLine() => Interlocked.Increment(ref _lastLine);

    /// <summary>The queue of this id, if its home is this node.</summary>
    public Queue? FindLocal(long id) => _queues.GetValueOrDefault(id) as Queue;

    /// <summary>The queue is defined: commands from other nodes may come to it, or it follows its home.</summary>
    public void Add(QueueDefinition queue)
    {
        if (!_queues.TryAdd(queue.Id.Value, queue.Home))
            return;
        (queue.Home as RemoteQueue)?.Attach();
        if (queue.Home.IsRemote)
            return;
        foreach (LinePeer peer in _peers.Values)
            peer.QueueChanged(queue.Id.Value, isGone: false);
    }

    public void Remove(QueueDefinition queue)
    {
        _queues.TryRemove(queue.Id.Value, out _);
        foreach (LinePeer peer in _peers.Values)
            peer.QueueChanged(queue.Id.Value, isGone: true);
    }

    /// <summary>The line wants to look at its clock soon; it is told once.</summary>
    public void WantTick(ILine line)
    {
        lock (_lock)
        {
            _ticking.Add(line);
            if (_isTimerSet)
                return;
            _isTimerSet = true;
            _timer.Change(Options.TickInterval, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Asks the other nodes for the counts of their queues; ends when all have answered, or in time.</summary>
    public Task RefreshCountsAsync(TimeSpan patience) => _questions.AskAsync(patience);

    /// <inheritdoc cref="ConsumerQuestions.AskAsync"/>
    public Task<ImmutableArray<ConsumerStatus>> ListConsumersAsync(string vhost, TimeSpan patience) =>
        _consumers.AskAsync(vhost, patience);

    /// <summary>Sends a direct reply to the node that its address names; false: it is dropped.</summary>
    public bool TrySendReply(NodeId node, in Message message) => PeerOf(node).Replies.TrySend(message);

    /// <summary>Publishers of all nodes are to stop, or may go on: what this node's alarms say has changed.</summary>
    public void TellAlarm()
    {
        foreach (LinePeer peer in _peers.Values)
            peer.Alarm.Changed();
    }

    /// <summary>A node has sent what no sound node does: the link with it ends, and both sides say why.</summary>
    /// <param name="peer">Who.</param>
    /// <param name="whereby">What it was about.</param>
    /// <param name="error">What was wrong.</param>
    public void Refuse(NodeId peer, string whereby, FormatException error)
    {
        string text = $"what node {NameOf(peer)} sent {whereby} makes no sense: {error.Message}";
        Broker.Log(LogLevel.Error, LogCategory.Queue, $"The link ends and the line is given up: {text}");
        Peers.Close(peer, text);
    }

    public void SendClosed(LinePeer peer, long queue, long line, bool isGone)
    {
        Span<byte> body = stackalloc byte[LineFrame.AddressBytes + 1];
        LineFrame.WriteAddress(body, queue, line);
        body[^1] = isGone ? (byte)1 : (byte)0;
        // Without room it is lost: the other side sends again what is not received, and is answered again.
        peer.TrySend(LinkClass.Acknowledgements, LineFrame.Closed, body);
    }

    /// <inheritdoc/>
    public void LinkUp(PeerIdentity peer) => PeerOf(peer.NodeId).Up(peer.Process);

    /// <inheritdoc/>
    public void LinkDown(PeerIdentity peer, LinkEnd end)
    {
        PeerOf(peer.NodeId).Down();
        Broker.Alarms.SetPeer(peer.NodeId, NameOf(peer.NodeId), null);
        _questions.Lost(peer.NodeId);
        _consumers.Lost(peer.NodeId);
    }

    /// <inheritdoc/>
    public void RoomAgain(NodeId peer, LinkClass linkClass) => PeerOf(peer).RoomAgain(linkClass);

    /// <inheritdoc/>
    public void FrameArrived(in PeerFrame frame)
    {
        try
        {
            Handle(PeerOf(frame.From), frame);
        }
        catch (FormatException error)
        {
            Broker.Log(
                LogLevel.Error, LogCategory.Queue,
                $"What node {NameOf(frame.From)} says of its queues makes no sense and is dropped: {error.Message}");
        }
        frame.Credit.Return();
    }

    public void Dispose() => _timer.Dispose();

    internal IEnumerable<QueueHome> Homes => _queues.Values;

    internal IEnumerable<LinePeer> AllPeers => _peers.Values;

    internal RemoteQueue? FindRemote(long id) => _queues.GetValueOrDefault(id) as RemoteQueue;

    private void Handle(LinePeer peer, in PeerFrame frame)
    {
        ReadOnlySpan<byte> body = frame.Body;
        switch (frame.Kind)
        {
            case LineFrame.AskCounts:
                _questions.Answer(peer, body);
                break;
            case LineFrame.Counts:
                _questions.Answered(peer.Id, body);
                break;
            case LineFrame.AskConsumers:
                _consumers.Answer(peer, body);
                break;
            case LineFrame.Consumers:
                _consumers.Answered(peer.Id, body);
                break;
            case LineFrame.Alarm:
                string reason = System.Text.Encoding.UTF8.GetString(body);
                Broker.Alarms.SetPeer(peer.Id, NameOf(peer.Id), reason.Length == 0 ? null : reason);
                break;
            case LineFrame.Reply:
                peer.Replies.Arrived(body);
                break;
            case >= LineFrame.Posts and <= LineFrame.Ended when body.Length >= LeastBytes(frame.Kind):
                HandleOfLine(peer, frame.Kind, body);
                break;
            default:
                Broker.Log(
                    LogLevel.Warning, LogCategory.Queue,
                    $"A frame of kind 0x{frame.Kind:X4} with {body.Length} bytes from node {NameOf(peer.Id)} "
                    + "is not known");
                break;
        }
    }

    private static int LeastBytes(ushort kind) => kind switch
    {
        LineFrame.HomeReceipt or LineFrame.Receipt => LineFrame.ReceiptBytes,
        LineFrame.Closed => LineFrame.AddressBytes + 1,
        LineFrame.Ended => LineFrame.AddressBytes,
        _ => LineFrame.HeaderBytes + 1,
    };

    private void HandleOfLine(LinePeer peer, ushort kind, ReadOnlySpan<byte> body)
    {
        long queue = LineFrame.QueueOf(body);
        if (kind is LineFrame.Deliveries or LineFrame.Verdicts or LineFrame.HomeReceipt or LineFrame.Closed)
        {
            if (FindRemote(queue) is { } standIn && standIn.HomeNode == peer.Id)
                standIn.Post(QueueCommand.PeerFrame(kind, Copy(peer, body)));
            return;
        }
        bool begins = kind is LineFrame.Posts or LineFrame.Settlements && LineFrame.NumberOf(body) == 1;
        if (kind == LineFrame.Ended && !peer.HasVisit(queue))
            return;
        try
        {
            peer.VisitOf(queue, LineFrame.LineOf(body), begins)
                ?.Post(Connections.OutboxItem.PeerFrame(kind, Copy(peer, body)));
        }
        catch (FormatException error)
        {
            Refuse(peer.Id, $"for queue {queue}", error);
        }
    }

    // Once, into a slab: the messages in it are used from where they lie.
    private static Message Copy(LinePeer peer, ReadOnlySpan<byte> body) => peer.Slabs.Append([], [], body);

    private void Tick()
    {
        List<ILine> due;
        lock (_lock)
        {
            due = _ticking;
            // The next tick may begin before this one has ended.
            _ticking = _spare ?? [];
            _spare = null;
            _isTimerSet = false;
        }
        foreach (ILine line in due)
            line.Signal(LineSignal.Tick, 0);
        due.Clear();
        lock (_lock)
            _spare = due;
    }
}
