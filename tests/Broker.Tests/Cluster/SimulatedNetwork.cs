using Warren.Cluster;

namespace Warren.Broker.Tests.Cluster;

/// <summary>
/// Links between the nodes of one process: packets wait in the order in which they were sent, some get lost, and links
/// are cut and mended on command.
/// </summary>
internal sealed class SimulatedNetwork(Random random)
{
    private readonly Dictionary<(NodeId From, NodeId To), Queue<(long Due, Action Deliver)>> _ways = [];
    private readonly Dictionary<NodeId, SimulatedTransport> _nodes = [];
    private readonly HashSet<(NodeId, NodeId)> _cut = [];
    // Guards all of it, where brokers run on many threads; nothing is called under it.
    private readonly Lock _lock = new();
    private readonly Dictionary<(NodeId, NodeId), long> _changed = [];

    /// <summary>Of unreliable packets, in percent.</summary>
    public int LossPercent { get; set; }

    /// <summary>At most, in steps.</summary>
    public int MostDelay { get; set; } = 3;

    public long Now { get; private set; }

    /// <summary>When the link of two nodes was cut or mended last.</summary>
    public long ChangedAt(NodeId one, NodeId other) => _changed.GetValueOrDefault(Link(one, other));

    public void Add(SimulatedTransport node)
    {
        lock (_lock)
            _nodes[node.Self] = node;
        foreach (NodeId other in _nodes.Keys)
        {
            _changed[Link(node.Self, other)] = Now;
            if (other == node.Self || !IsUp(node.Self, other))
                continue;
            node.LinkChanged(other, isUp: true);
            _nodes[other].LinkChanged(node.Self, isUp: true);
        }
    }

    /// <summary>A node has gone; what was on its way is lost.</summary>
    public void Remove(SimulatedTransport node)
    {
        node.IsGone = true;
        _nodes.Remove(node.Self);
        foreach (NodeId other in _nodes.Keys)
            Lose(node.Self, other, tells: !_cut.Contains(Link(node.Self, other)));
    }

    public bool IsUp(NodeId one, NodeId other)
    {
        lock (_lock)
            return _nodes.ContainsKey(one) && _nodes.ContainsKey(other) && !_cut.Contains(Link(one, other));
    }

    public void Cut(NodeId one, NodeId other)
    {
        bool isCut;
        lock (_lock)
            isCut = _cut.Add(Link(one, other));
        if (isCut)
            Lose(one, other, tells: true);
    }

    public void Mend(NodeId one, NodeId other)
    {
        bool isMended;
        lock (_lock)
            isMended = _cut.Remove(Link(one, other));
        if (!isMended || !IsUp(one, other))
            return;
        _changed[Link(one, other)] = Now;
        _nodes[one].LinkChanged(other, isUp: true);
        _nodes[other].LinkChanged(one, isUp: true);
    }

    public void MendAll()
    {
        foreach ((NodeId one, NodeId other) in _cut.ToArray())
            Mend(one, other);
    }

    public bool Send(NodeId from, NodeId to, bool isReliable, Action<SimulatedTransport> deliver)
    {
        if (!IsUp(from, to))
            return false;
        if (!isReliable && LossPercent > 0 && random.Next(100) < LossPercent)
            return true;
        lock (_lock)
        {
            if (!_nodes.TryGetValue(to, out SimulatedTransport? receiver))
                return false;
            if (!_ways.TryGetValue((from, to), out Queue<(long, Action)>? way))
                _ways.Add((from, to), way = new Queue<(long, Action)>());
            way.Enqueue((Now + (MostDelay == 0 ? 0 : random.Next(MostDelay + 1)), () => deliver(receiver)));
        }
        return true;
    }

    /// <summary>Brings what is due; true if that was anything.</summary>
    public bool Step()
    {
        Now++;
        List<Action> due = [];
        lock (_lock)
        {
            foreach (Queue<(long Due, Action Deliver)> way in _ways.Values)
            {
                while (way.TryPeek(out (long Due, Action Deliver) packet) && packet.Due <= Now)
                    due.Add(way.Dequeue().Deliver);
            }
        }
        foreach (Action deliver in due)
            deliver();
        return due.Count > 0;
    }

    private static (NodeId, NodeId) Link(NodeId one, NodeId other) => one < other ? (one, other) : (other, one);

    private void Lose(NodeId one, NodeId other, bool tells)
    {
        lock (_lock)
        {
            _ways.Remove((one, other));
            _ways.Remove((other, one));
        }
        _changed[Link(one, other)] = Now;
        if (!tells)
            return;
        if (_nodes.TryGetValue(one, out SimulatedTransport? node) && _nodes.ContainsKey(other))
            node.LinkChanged(other, isUp: false);
        if (_nodes.TryGetValue(other, out node))
            node.LinkChanged(one, isUp: false);
    }
}
