using Warren.Cluster;

namespace Warren.Broker.Tests.Cluster;

/// <summary>
/// What goes around missing links, by a node that has both: as the links of a node do it (docs/formats/peer-links.md,
/// "Relays"). What is sent between two changes of the way is one stream: its frames come in order, or it breaks, and
/// all that is under way in it is lost. Guarded by the lock of <see cref="SimulatedNetwork"/>.
/// </summary>
internal sealed class SimulatedRelays
{
    private readonly Dictionary<(NodeId From, NodeId To), Stream> _streams = [];
    private readonly HashSet<(NodeId From, NodeId To)> _waiting = [];

    /// <summary>How many frames have come so.</summary>
    public long Brought { get; private set; }

    /// <summary>Puts a frame on its way.</summary>
    public void Add(NodeId from, NodeId relay, NodeId to, long due, Action deliver)
    {
        if (!_streams.TryGetValue((from, to), out Stream? stream) || stream.Relay != relay)
            _streams[(from, to)] = stream = new Stream(relay);
        stream.Frames.Enqueue((due, deliver));
    }

    /// <summary>There was no way: who sends is told of one.</summary>
    public void Await(NodeId from, NodeId to) => _waiting.Add((from, to));

    /// <summary>Those that have waited for a way and have one now.</summary>
    public List<(NodeId From, NodeId To)> TakeWaiting(Func<NodeId, NodeId, bool> hasWay)
    {
        List<(NodeId From, NodeId To)> told = [.. _waiting.Where(one => hasWay(one.From, one.To))];
        _waiting.ExceptWith(told);
        return told;
    }

    /// <summary>
    /// The link of two nodes has come or gone: what is older is not taken by the one, and not passed on by the other.
    /// </summary>
    public void Break(NodeId one, NodeId other)
    {
        foreach (((NodeId from, NodeId to), Stream stream) in _streams.ToArray())
        {
            if (Is(from, to, one, other) || Is(from, stream.Relay, one, other) || Is(stream.Relay, to, one, other))
                _streams.Remove((from, to));
        }
    }

    /// <summary>What is due, where both links bring something.</summary>
    /// <param name="now">The step.</param>
    /// <param name="isOpen">Whether anything gets from one node to the other.</param>
    /// <param name="hasLink">Whether a node takes what comes by a link with the other, and by no relay.</param>
    public List<Action> TakeDue(long now, Func<NodeId, NodeId, bool> isOpen, Func<NodeId, NodeId, bool> hasLink)
    {
        List<Action> due = [];
        foreach (((NodeId from, NodeId to), Stream stream) in _streams.ToArray())
        {
            while (isOpen(from, stream.Relay) && isOpen(stream.Relay, to)
                && stream.Frames.TryPeek(out (long Due, Action Deliver) frame) && frame.Due <= now)
            {
                stream.Frames.Dequeue();
                if (hasLink(to, from))
                {
                    _streams.Remove((from, to));
                    break;
                }
                Brought++;
                due.Add(frame.Deliver);
            }
        }
        return due;
    }

    private static bool Is(NodeId from, NodeId to, NodeId one, NodeId other) =>
        (from == one && to == other) || (from == other && to == one);

    private sealed record Stream(NodeId Relay)
    {
        public Queue<(long Due, Action Deliver)> Frames { get; } = new();
    }
}
