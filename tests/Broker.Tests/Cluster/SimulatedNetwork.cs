using Warren.Cluster;
using Warren.Cluster.Links;

namespace Warren.Broker.Tests.Cluster;

/// <summary>
/// Links between the nodes of one process: packets of one class wait in the order in which they were sent, some get
/// lost, and links are cut, blocked one way and mended on command. The two ends of a link that is lost may hear of it
/// at different times; both have before it is up again. What is of class Control goes around a missing link.
/// </summary>
internal sealed class SimulatedNetwork(Random random)
{
    /// <summary>A link that brings nothing in one direction is lost after a second of silence, in steps.</summary>
    public const int SilenceSteps = 200;

    private readonly Dictionary<(NodeId From, NodeId To, LinkClass Class), Queue<(long Due, Action Deliver)>> _ways =
        [];
    private readonly Dictionary<NodeId, SimulatedTransport> _nodes = [];
    private readonly HashSet<(NodeId, NodeId)> _cut = [];
    private readonly Dictionary<(NodeId From, NodeId To), long> _blocked = [];
    // Who has been told that the link with the other is up.
    private readonly HashSet<(NodeId Node, NodeId Other)> _told = [];
    private readonly HashSet<(NodeId, NodeId)> _linked = [];
    private readonly List<(long Due, NodeId Node, NodeId Other, LinkEnd End)> _notices = [];
    private readonly List<(long Due, NodeId From, NodeId To, LinkClass Class)> _rooms = [];
    // Guards all of it, where brokers run on many threads; nothing is called under it.
    private readonly Lock _lock = new();
    private readonly Dictionary<(NodeId, NodeId), long> _changed = [];
    private readonly Dictionary<(NodeId, NodeId), List<(long From, long To)>> _outages = [];
    private readonly SimulatedRelays _relays = new();
    private long _processes;

    /// <summary>Of unreliable packets, in percent.</summary>
    public int LossPercent { get; set; }

    /// <summary>At most, in steps.</summary>
    public int MostDelay { get; set; } = 3;

    /// <summary>How much later the second end of a lost link may hear of it, in steps.</summary>
    public int MostNoticeDelay { get; set; }

    /// <summary>How many frames of the queues find no room at first, in percent.</summary>
    public int NoRoomPercent { get; set; }

    /// <summary>A link that brings nothing is lost after <see cref="SilenceSteps"/>; false: not for long.</summary>
    public bool NoticesSilence { get; set; } = true;

    public long Now { get; private set; }

    /// <summary>How many frames have gone around a missing link.</summary>
    public long Relayed => _relays.Brought;

    /// <summary>A number for each process.</summary>
    public long NextProcess() => ++_processes;

    /// <summary>When the link of two nodes was cut or mended last.</summary>
    public long ChangedAt(NodeId one, NodeId other) => _changed.GetValueOrDefault(Link(one, other));

    /// <summary>
    /// For how many steps at a time two nodes were without a link that brings anything both ways at most, since a step.
    /// </summary>
    public long LongestOutage(NodeId one, NodeId other, long since)
    {
        long longest = IsUp(one, other) ? 0 : Now - ChangedAt(one, other);
        foreach ((NodeId From, NodeId To) way in ((NodeId, NodeId)[])[(one, other), (other, one)])
        {
            if (_blocked.TryGetValue(way, out long blocked))
                longest = Math.Max(longest, Now - blocked);
        }
        foreach ((long from, long to) in _outages.GetValueOrDefault(Link(one, other)) ?? [])
        {
            if (to >= since)
                longest = Math.Max(longest, to - from);
        }
        return longest;
    }

    /// <summary>Two nodes were without a link that brings anything both ways, in any of these steps.</summary>
    public bool HadOutage(NodeId one, NodeId other, long from, long to)
    {
        foreach ((NodeId From, NodeId To) way in ((NodeId, NodeId)[])[(one, other), (other, one)])
        {
            if (_blocked.TryGetValue(way, out long blocked) && blocked <= to)
                return true;
        }
        return (!IsUp(one, other) && ChangedAt(one, other) <= to)
            || (_outages.GetValueOrDefault(Link(one, other)) ?? [])
                .Exists(outage => outage.From <= to && outage.To >= from);
    }

    /// <summary>
    /// When two nodes were without a link that brings anything both ways, by their beginnings; what lasts has no end.
    /// </summary>
    public IEnumerable<(long From, long To)> OutagesOf(NodeId one, NodeId other)
    {
        List<(long From, long To)> all = [.. _outages.GetValueOrDefault(Link(one, other)) ?? []];
        if (!IsUp(one, other))
            all.Add((ChangedAt(one, other), long.MaxValue));
        foreach ((NodeId From, NodeId To) way in ((NodeId, NodeId)[])[(one, other), (other, one)])
        {
            if (_blocked.TryGetValue(way, out long blocked))
                all.Add((blocked, long.MaxValue));
        }
        return all.Order();
    }

    public void Add(SimulatedTransport node)
    {
        lock (_lock)
            _nodes[node.Self] = node;
        foreach (NodeId other in _nodes.Keys)
        {
            if (other == node.Self)
                continue;
            if (IsUp(node.Self, other))
                ComeUp(node.Self, other);
        }
    }

    /// <summary>A node has gone; what was on its way is lost.</summary>
    public void Remove(SimulatedTransport node)
    {
        node.IsGone = true;
        _nodes.Remove(node.Self);
        _told.RemoveWhere(pair => pair.Node == node.Self);
        // A process that is killed closes its connections; a machine without power does not.
        LinkEnd end = MostNoticeDelay > 0 && random.Next(2) == 0 ? LinkEnd.Lost : LinkEnd.PeerGone;
        foreach (NodeId other in _nodes.Keys)
            Lose(node.Self, other, end);
    }

    /// <summary>Both are there, and nothing is between them.</summary>
    public bool IsUp(NodeId one, NodeId other)
    {
        lock (_lock)
            return _nodes.ContainsKey(one) && _nodes.ContainsKey(other) && !_cut.Contains(Link(one, other));
    }

    /// <summary>A node believes that its link with the other is up.</summary>
    public bool IsToldUp(NodeId node, NodeId other)
    {
        lock (_lock)
            return _told.Contains((node, other));
    }

    public void Cut(NodeId one, NodeId other)
    {
        bool isCut;
        lock (_lock)
            isCut = _cut.Add(Link(one, other));
        if (isCut)
            Lose(one, other);
    }

    /// <summary>Nothing arrives in this direction any more; soon the link is lost for both.</summary>
    public void Block(NodeId from, NodeId to)
    {
        lock (_lock)
            _blocked.TryAdd((from, to), Now);
    }

    public void Mend(NodeId one, NodeId other)
    {
        bool isMended;
        lock (_lock)
        {
            Unblock(one, other);
            Unblock(other, one);
            isMended = _cut.Remove(Link(one, other));
        }
        if (isMended && IsUp(one, other))
            ComeUp(one, other);
    }

    public void MendAll()
    {
        foreach ((NodeId one, NodeId other) in _cut.Concat(_blocked.Keys).ToArray())
            Mend(one, other);
    }

    /// <summary>False: the sender knows of no way, or finds no room.</summary>
    public bool Send(
        NodeId from, NodeId to, LinkClass linkClass, bool isReliable, Action<SimulatedTransport> deliver,
        bool isLong = false)
    {
        if (!IsToldUp(from, to))
            return linkClass == LinkClass.Control && !isLong && SendAround(from, to, isReliable, deliver);
        if (linkClass > LinkClass.Control && NoRoomPercent > 0 && random.Next(100) < NoRoomPercent)
        {
            _rooms.Add((Now + 1 + random.Next(10), from, to, linkClass));
            return false;
        }
        if (!isReliable && LossPercent > 0 && random.Next(100) < LossPercent)
            return true;
        if (!IsUp(from, to))
            return true;
        lock (_lock)
        {
            if (!_nodes.TryGetValue(to, out SimulatedTransport? receiver))
                return true;
            if (!_ways.TryGetValue((from, to, linkClass), out Queue<(long, Action)>? way))
                _ways.Add((from, to, linkClass), way = new Queue<(long, Action)>());
            way.Enqueue((Now + (MostDelay == 0 ? 0 : random.Next(MostDelay + 1)), () => deliver(receiver)));
        }
        return true;
    }

    private bool SendAround(NodeId from, NodeId to, bool isReliable, Action<SimulatedTransport> deliver)
    {
        lock (_lock)
        {
            NodeId relay = RelayOf(from, to);
            if (relay.IsNone)
            {
                _relays.Await(from, to);
                return false;
            }
            // Who is between may know of a lost link before the sender does.
            bool isLost = !isReliable && LossPercent > 0 && random.Next(100) < LossPercent;
            if (isLost || !IsUp(from, relay) || !IsUp(relay, to))
                return true;
            SimulatedTransport receiver = _nodes[to];
            long due = Now + (MostDelay == 0 ? 0 : random.Next(MostDelay + 1) + random.Next(MostDelay + 1));
            _relays.Add(from, relay, to, due, () => deliver(receiver));
            return true;
        }
    }

    private NodeId RelayOf(NodeId from, NodeId to) => _nodes.Keys
        .Where(node => _told.Contains((from, node)) && _told.Contains((node, to))).Order().FirstOrDefault();

    private bool HasWay(NodeId from, NodeId to) => _told.Contains((from, to)) || !RelayOf(from, to).IsNone;

    private bool BringsNow(NodeId from, NodeId to) => !_blocked.ContainsKey((from, to))
        && _nodes.GetValueOrDefault(to) is { IsStandingStill: false };

    /// <summary>What a node says of itself comes to those that have a link with it, at once.</summary>
    public void TellState(SimulatedTransport node)
    {
        SimulatedTransport[] others;
        lock (_lock)
        {
            others = [.. _nodes.Values.Where(other => other != node && !other.IsStandingStill
                && _told.Contains((other.Self, node.Self)) && !_cut.Contains(Link(node.Self, other.Self))
                && !_blocked.ContainsKey((node.Self, other.Self)))];
        }
        foreach (SimulatedTransport other in others)
            other.Hear(node.Self, node.Heartbeat);
    }

    /// <summary>Brings what is due; true if that was anything.</summary>
    public bool Step()
    {
        Now++;
        List<Action> due = [];
        lock (_lock)
        {
            foreach ((var way, Queue<(long Due, Action Deliver)> packets) in _ways)
            {
                if (_nodes.GetValueOrDefault(way.To) is { IsStandingStill: true })
                    continue;
                while (packets.TryPeek(out (long Due, Action Deliver) packet) && packet.Due <= Now
                    && !_blocked.ContainsKey((way.From, way.To)))
                    due.Add(packets.Dequeue().Deliver);
            }
            due.AddRange(_relays.TakeDue(Now, BringsNow, (node, other) => _told.Contains((node, other))));
        }
        foreach (Action deliver in due)
            deliver();
        foreach ((NodeId from, NodeId to) in _blocked
            .Where(one => NoticesSilence && Now - one.Value >= SilenceSteps)
            .Select(one => one.Key).ToArray())
            Cut(from, to);
        foreach ((long at, NodeId node, NodeId other, LinkEnd end) in
            _notices.Where(one => one.Due <= Now).ToArray())
            TellDown(node, other, end);
        foreach ((long at, NodeId from, NodeId to, LinkClass linkClass) in
            _rooms.Where(one => one.Due <= Now).ToArray())
        {
            _rooms.Remove((at, from, to, linkClass));
            if (_nodes.TryGetValue(from, out SimulatedTransport? sender))
                sender.RoomAgain(to, linkClass);
        }
        return due.Count > 0;
    }

    private static (NodeId, NodeId) Link(NodeId one, NodeId other) => one < other ? (one, other) : (other, one);

    private void Unblock(NodeId from, NodeId to)
    {
        if (_blocked.Remove((from, to), out long since))
            NoteOutage(from, to, since);
    }

    private void NoteOutage(NodeId one, NodeId other, long since)
    {
        if (!_outages.TryGetValue(Link(one, other), out List<(long, long)>? outages))
            _outages.Add(Link(one, other), outages = []);
        outages.Add((since, Now));
    }

    private void ComeUp(NodeId one, NodeId other)
    {
        // Each end has heard of the loss first.
        TellDown(one, other);
        TellDown(other, one);
        if (_changed.TryGetValue(Link(one, other), out long since))
            NoteOutage(one, other, since);
        _changed[Link(one, other)] = Now;
        _linked.Add(Link(one, other));
        List<(NodeId From, NodeId To)> haveWays;
        lock (_lock)
        {
            _told.Add((one, other));
            _told.Add((other, one));
            _relays.Break(one, other);
            haveWays = _relays.TakeWaiting(HasWay);
        }
        _nodes[one].LinkUp(_nodes[other]);
        _nodes[other].LinkUp(_nodes[one]);
        foreach ((NodeId from, NodeId to) in haveWays)
        {
            if (_nodes.TryGetValue(from, out SimulatedTransport? waiting))
                waiting.RoomAgain(to, LinkClass.Control);
        }
    }

    private void Lose(NodeId one, NodeId other, LinkEnd end = LinkEnd.Lost)
    {
        lock (_lock)
        {
            foreach (var way in _ways.Keys.Where(
                way => (way.From == one && way.To == other) || (way.From == other && way.To == one)).ToArray())
                _ways.Remove(way);
            _relays.Break(one, other);
        }
        if (!_linked.Remove(Link(one, other)))
            return;
        _changed[Link(one, other)] = Now;
        bool isFirst = MostNoticeDelay == 0 || random.Next(2) == 0;
        Notice(one, other, end, isFirst);
        Notice(other, one, end, MostNoticeDelay == 0 || !isFirst);
    }

    private void Notice(NodeId node, NodeId other, LinkEnd end, bool isAtOnce)
    {
        if (isAtOnce)
            TellDown(node, other, end);
        else
            _notices.Add((Now + random.Next(MostNoticeDelay + 1), node, other, end));
    }

    private void TellDown(NodeId node, NodeId other, LinkEnd end = LinkEnd.Lost)
    {
        _notices.RemoveAll(one => one.Node == node && one.Other == other);
        bool wasTold;
        lock (_lock)
            wasTold = _told.Remove((node, other));
        if (wasTold && _nodes.TryGetValue(node, out SimulatedTransport? transport))
            transport.LinkLost(other, end);
    }
}
