using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Security.Cryptography;
using Warren.Broker.Messages;
using Warren.Broker.Operations;
using Warren.Broker.Queues.Replicated;
using Warren.Broker.Topology;
using Warren.Cluster;
using Warren.Cluster.Incidents;
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
    private readonly ConcurrentDictionary<long, ReplicatedLeader> _leaders = new();
    private readonly ConcurrentDictionary<NodeId, LinePeer> _peers = new();
    private readonly LinePeer _own;
    private readonly ClusterNames _names;
    private readonly LineTicks _ticks;
    private readonly CountQuestions _questions;
    private readonly ConsumerQuestions _consumers;
    private long _lastLine;

    public QueueLinks(MessageBroker broker, ClusterSetup setup)
    {
        Broker = broker;
        Peers = setup.Peers;
        Options = setup.Lines;
        Clocks = new WallClocks(broker.Time);
        TimeReports = new TimeReports(broker);
        _own = new LinePeer(this, Self);
        _names = new ClusterNames(broker);
        _questions = new CountQuestions(this);
        _consumers = new ConsumerQuestions(this);
        _ticks = new LineTicks(broker.Time, Options.TickInterval);
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

    /// <summary>This node's is not among <see cref="AllPeers"/>.</summary>
    public LinePeer PeerOf(NodeId id) =>
        _peers.TryGetValue(id, out LinePeer? peer) ? peer
        : id == Self ? _own
        : _peers.GetOrAdd(id, new LinePeer(this, id));

    /// <summary>The wall clocks of the nodes that this one has links with.</summary>
    public WallClocks Clocks { get; }

    /// <summary>Where those had to tell how much time has passed.</summary>
    public TimeReports TimeReports { get; }

    /// <summary>Who leads the replicated queues, as far as this node has heard.</summary>
    public LeaderBook LeaderBook { get; } = new();

    /// <summary>
    /// What tells publishes of this broker to replicated queues from those of another one that the node has run before
    /// or will, whose numbers begin anew: random, so that no two are the same.
    /// </summary>
    public long Source { get; } = BitConverter.ToInt64(RandomNumberGenerator.GetBytes(sizeof(long))) | 1;

    /// <summary>A number that no line of this process has had.</summary>
    public long NextLine() => Interlocked.Increment(ref _lastLine);

    /// <summary>The queue of this id, if its home is this node.</summary>
    public Queue? FindLocal(long id) => _queues.GetValueOrDefault(id) as Queue;

    /// <summary>The queue of this id, wherever it lives; null: this node knows of none.</summary>
    public QueueDefinition? FindQueue(long id) => _queues.GetValueOrDefault(id)?.Definition;

    /// <summary>The replicated queue of this id, if this node leads it.</summary>
    public ReplicatedLeader? FindLeader(long id) => _leaders.GetValueOrDefault(id);

    /// <summary>A line to this queue need not wait until it is: it is served here, or by another node.</summary>
    public bool IsKnown(long id) =>
        _leaders.ContainsKey(id) || _queues.GetValueOrDefault(id) is Queue or ReplicatedHome;

    /// <summary>What this node serves: queues that live here, and replicated ones that it leads.</summary>
    public IEnumerable<(long Id, QueueHome Home)> Served => _queues
        .Where(static queue => queue.Value is Queue)
        .Select(static queue => (queue.Key, queue.Value))
        .Concat(_leaders.Select(static leader => (leader.Key, leader.Value.Queue)));

    /// <summary>Replicated queues of a vhost that this node leads, as those that serve them.</summary>
    public IEnumerable<QueueHome> LedIn(string vhost) =>
        _leaders.Values.Select(static leader => leader.Queue).Where(queue => queue.Definition.Vhost == vhost);

    /// <summary>Replicated queues that this node leads.</summary>
    public IEnumerable<ReplicatedLeader> Leaders => _leaders.Values;

    /// <summary>
    /// This node leads a replicated queue: lines find it from now on, and all nodes are told. The one before, if there
    /// was one, has been ended.
    /// </summary>
    public void BeginLeading(ReplicatedLeader leader)
    {
        if (!_leaders.TryAdd(leader.QueueId, leader))
            throw new InvalidOperationException($"Queue {leader.QueueId} is led here already.");
        foreach (LinePeer peer in _peers.Values)
            peer.News.Lead(leader);
        foreach (LinePeer peer in _peers.Values.Append(_own))
            peer.LeadershipChanged(leader.QueueId, LineSignal.Known);
        NoteLeader(_own, leader.QueueId, leader.Term);
    }

    /// <summary>
    /// This node leads a queue no more: no line finds it, and those that have are ended.
    /// <paramref name="ended"/> is called, once, on whatever thread, when each of them has posted its last command.
    /// </summary>
    public void EndLeading(ReplicatedLeader leader, Action ended)
    {
        if (!_leaders.TryRemove(KeyValuePair.Create(leader.QueueId, leader)))
            throw new InvalidOperationException($"Queue {leader.QueueId} is not led here in term {leader.Term}.");
        foreach (LinePeer peer in _peers.Values.Append(_own))
            peer.LeadershipChanged(leader.QueueId, LineSignal.NotLeading);
        leader.End(ended);
    }

    /// <summary>A link to the node is there, or it is this one.</summary>
    public bool IsUp(NodeId node) =>
        node == Self || (_peers.TryGetValue(node, out LinePeer? peer) && peer.TryGetProcess(out _));

    /// <summary>All nodes hear which members a queue has that this one leads.</summary>
    public void TellMembers(long queue, ReplicaStanding standing)
    {
        NoteMembers(queue, standing);
        foreach (LinePeer peer in _peers.Values)
            peer.News.Members(queue);
    }

    /// <summary>
    /// All nodes hear what time it is in a queue that this one leads, or are asked; see
    /// <see cref="ReplicatedLeader.TimeWord"/>.
    /// </summary>
    public void TellTime(long queue)
    {
        foreach (LinePeer peer in _peers.Values)
            peer.News.Time(queue);
    }

    /// <summary>Wall clocks may have been set: those that lead by them look at what their logs say.</summary>
    public void LookAtClocks()
    {
        if (!Clocks.HaveMoved(Broker.NowMs))
            return;
        foreach (ReplicatedLeader leader in Leaders)
            leader.Queue.Post(QueueCommand.Tick());
    }

    /// <summary>Clients of this node hold nothing of a queue that <paramref name="leader"/> leads.</summary>
    public void TellHoldsNothing(LinePeer leader, long queue, long term)
    {
        if (leader.IsOwn)
            PostToLeader(queue, term, QueueCommand.ClaimsComplete(Self));
        else
            leader.News.HoldNothing(queue, term);
    }

    /// <summary>The queue is defined: commands from other nodes may come to it, or it follows its home.</summary>
    public void Add(QueueDefinition queue)
    {
        if (!_queues.TryAdd(queue.Id.Value, queue.Home))
            return;
        // A member that leads already has told nobody who was not there yet.
        if (FindLeader(queue.Id.Value) is { } leader)
            LeaderBook.Note(queue.Id.Value, Self, leader.Term);
        (queue.Home as StandIn)?.Attach();
        if (queue.Home is RemoteQueue)
            return;
        foreach (LinePeer peer in _peers.Values.Append(_own))
            peer.QueueChanged(queue.Id.Value, isGone: false);
    }

    /// <summary>Lines of all nodes to a queue that lives here are to be moved.</summary>
    public void MoveLines(long queue)
    {
        foreach (LinePeer peer in _peers.Values.Append(_own))
            peer.LeadershipChanged(queue, LineSignal.Moving);
    }

    /// <summary>The stand-in that takes the place of what stood for a queue that is replicated from now on.</summary>
    public ReplicatedHome Front(QueueHome home) =>
        new(Broker, this, home.Settings) { Definition = home.Definition };

    /// <summary>The queue is found there from now on, if it is not gone.</summary>
    public void Replace(long queue, ReplicatedHome front)
    {
        QueueDefinition definition = front.Definition;
        if (!Broker.Topology.Vhosts.TryGetValue(definition.Vhost, out Vhost? vhost)
            || !vhost.Queues.TryGetValue(definition.Name, out QueueDefinition? now) || now.Id != definition.Id)
            return;
        _queues[queue] = front;
        front.Attach();
        foreach (LinePeer peer in _peers.Values.Append(_own))
            peer.QueueChanged(queue, isGone: false);
    }

    /// <summary>Where a queue lives, or is to live, has changed.</summary>
    public void Moved(QueueDefinition queue)
    {
        if (FindStandIn(queue.Id.Value) is { } standIn)
            standIn.Definition = queue;
    }

    public void Remove(QueueDefinition queue)
    {
        _queues.TryRemove(queue.Id.Value, out _);
        LeaderBook.Remove(queue.Id.Value);
        foreach (LinePeer peer in _peers.Values.Append(_own))
            peer.QueueChanged(queue.Id.Value, isGone: true);
    }

    /// <inheritdoc cref="LineTicks.Want"/>
    public void WantTick(ILine line) => _ticks.Want(line);

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
        Broker.Note(new Incident(IncidentKind.StrangeNode, NameOf(peer), $"The link ends: {text}"));
        Peers.Close(peer, text);
    }

    public void SendClosed(LinePeer peer, long queue, long line, LineClosed why)
    {
        Span<byte> body = stackalloc byte[LineFrame.ClosedBytes];
        LineFrame.WriteClosed(body, queue, line, why);
        if (!peer.TrySend(LinkClass.Acknowledgements, LineFrame.Closed, body))
            peer.ClosedLines.Tell(queue, line, why);
    }

    /// <inheritdoc/>
    public void LinkUp(PeerIdentity peer)
    {
        Clocks.Note(peer.NodeId, peer.WallClockMs, Broker.NowMs);
        PeerOf(peer.NodeId).Up(peer.Process);
    }

    /// <inheritdoc/>
    public void HeartbeatArrived(NodeId peer, in PeerHeartbeat heartbeat)
    {
        Clocks.Note(peer, heartbeat.WallClockMs, Broker.NowMs);
        Broker.Disks?.NotePeer(peer, heartbeat.SyncAgeMs);
    }

    /// <inheritdoc/>
    public void LinkDown(PeerIdentity peer, LinkEnd end)
    {
        PeerOf(peer.NodeId).Down(end);
        Clocks.Forget(peer.NodeId);
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
            string text = $"What node {NameOf(frame.From)} says of its queues makes no sense and is dropped: ";
            Broker.Log(LogLevel.Error, LogCategory.Queue, text + error.Message);
            Broker.Note(new Incident(IncidentKind.StrangeNode, NameOf(frame.From), text + error.Message));
        }
        frame.Credit.Return();
    }

    public void Dispose() => _ticks.Dispose();

    /// <summary>A frame of this node for itself, on any thread.</summary>
    internal void HandOver(LinePeer own, ushort kind, ReadOnlySpan<byte> body, Slab? slab) =>
        HandleOfLine(own, kind, body, slab);

    internal IEnumerable<LinePeer> AllPeers => _peers.Values;

    internal StandIn? FindStandIn(long id) => _queues.GetValueOrDefault(id) as StandIn;

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
            case LineFrame.Deliveries when frame.LostFor >= Options.Patience:
                LeaveOld(peer, frame.LostFor);
                break;
            case LineFrame.Leads or LineFrame.HoldsNothing or LineFrame.Unreached:
                ReadLeaderships(peer, frame.Kind, body);
                break;
            case LineFrame.Members:
                foreach ((long queue, ReplicaStanding standing) in MembersFormat.Read(body))
                    NoteMembers(queue, standing);
                break;
            case LineFrame.Times or LineFrame.KnownTimes:
                bool isAnswer = frame.Kind == LineFrame.KnownTimes;
                foreach ((long queue, TimeNews news) in TimeFormat.Read(peer.Id, isAnswer, body))
                    Broker.Replication?.Told(new QueueId(queue), news);
                break;
            case LineFrame.MoveLeader:
                LeaderMoves.Asked(this, body);
                break;
            case (>= LineFrame.Posts and <= LineFrame.Ended) or LineFrame.LeaderReceipt
                when body.Length >= LeastBytes(frame.Kind):
                HandleOfLine(peer, frame.Kind, body, null);
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
        LineFrame.LeaderReceipt => LineFrame.LeaderReceiptBytes,
        LineFrame.Closed => LineFrame.ClosedBytes,
        LineFrame.Ended => LineFrame.AddressBytes,
        _ => LineFrame.HeaderBytes + 1,
    };

    private void HandleOfLine(LinePeer peer, ushort kind, ReadOnlySpan<byte> body, Slab? slab)
    {
        long queue = LineFrame.QueueOf(body);
        if (kind is LineFrame.Deliveries or LineFrame.Verdicts or LineFrame.HomeReceipt or LineFrame.LeaderReceipt
            or LineFrame.Closed)
        {
            // Who led a replicated queue before does not know, and is told by the stand-in.
            if (FindStandIn(queue) is { } standIn && (standIn is ReplicatedHome || standIn.IsServedBy(peer)))
                standIn.Post(QueueCommand.PeerFrame(kind, peer.Take(body, slab), peer));
            return;
        }
        bool begins = kind is LineFrame.Posts or LineFrame.Settlements && LineFrame.NumberOf(body) == 1;
        bool isToLeader = begins && (LineFrame.FlagsOf(body) & LineFrame.OfReplicated) != 0;
        if (kind == LineFrame.Ended && !peer.HasVisit(queue))
            return;
        try
        {
            peer.VisitOf(queue, LineFrame.LineOf(body), begins, isToLeader)
                ?.Post(Connections.OutboxItem.PeerFrame(kind, peer.Take(body, slab)));
        }
        catch (FormatException error)
        {
            Refuse(peer.Id, $"for queue {queue}", error);
        }
    }

    // This node stood still while they waited to be read. The home may have taken back what they hold, and others may
    // have it by now. If it has not, it sends them again on the next link, and the clients notice nothing.
    private void LeaveOld(LinePeer peer, TimeSpan lostFor) => Peers.Close(
        peer.Id,
        $"deliveries were read late: {NameOf(peer.Id)} may have taken {NameOf(Self)} for lost for "
        + $"{lostFor.TotalMilliseconds:0} ms");

    private void ReadLeaderships(LinePeer peer, ushort kind, ReadOnlySpan<byte> body)
    {
        var reader = new LineReader(body, 0);
        while (!reader.IsAtEnd)
        {
            long queue = reader.Int64();
            long term = reader.Int64();
            if (kind == LineFrame.Leads)
                NoteLeader(peer, queue, term);
            else if (kind == LineFrame.Unreached)
                PostToLeader(queue, term, QueueCommand.Unreached(peer.Id));
            else
                PostToLeader(queue, term, QueueCommand.ClaimsComplete(peer.Id));
        }
    }

    private void NoteLeader(LinePeer peer, long queue, long term)
    {
        // Of a queue that is gone nothing is kept; one that is not known yet may still come. Read first: it may come
        // now.
        bool isPast = Broker.Definitions.LastIndex >= queue;
        QueueHome? home = _queues.GetValueOrDefault(queue);
        if (home is null && isPast)
            return;
        if (!LeaderBook.Note(queue, peer.Id, term))
            return;
        // One that has lived here alone says what its clients hold when its stand-in takes its place.
        if (home is null)
            TellHoldsNothing(peer, queue, term);
        else if (FindStandIn(queue) is { } standIn)
            standIn.Signal(LineSignal.Led, 0);
    }

    private void NoteMembers(long queue, ReplicaStanding standing)
    {
        // As of leaders: of a queue that is gone nothing is kept.
        bool isPast = Broker.Definitions.LastIndex >= queue;
        if (isPast && !_queues.ContainsKey(queue))
            return;
        LeaderBook.NoteMembers(queue, standing);
        Broker.Replication?.Told(new QueueId(queue), standing);
    }

    private void PostToLeader(long queue, long term, in QueueCommand command)
    {
        if (FindLeader(queue) is { } leader && leader.Term == term)
            leader.Queue.Post(command);
    }
}
