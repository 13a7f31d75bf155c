using System.Collections.Concurrent;
using Warren.Cluster;

namespace Warren.Broker.Queues.Replicated;

/// <summary>
/// The wall clocks of the nodes that this one has links with, as they were heard of last, and its own as it is now: all
/// less this process's monotonic time. Any thread.
/// </summary>
/// <param name="time">This node's.</param>
internal sealed class WallClocks(TimeProvider time)
{
    /// <summary>
    /// One that goes ahead by so much was set: heartbeats come with less between them, and monotonic clocks run alike.
    /// </summary>
    public const long MoveMs = 500;

    private readonly ConcurrentDictionary<NodeId, long> _aheadMs = new();
    // As they were when somebody was last told; this node's own is that of no node.
    private readonly Dictionary<NodeId, long> _seenMs = [];
    private int _moves;

    /// <summary>This node's own, ms.</summary>
    public long OwnMs => time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Rises when <see cref="HaveMoved"/> finds that it is so.</summary>
    public int Moves => Volatile.Read(ref _moves);

    /// <summary>A link has begun, or brings a heartbeat.</summary>
    public void Note(NodeId node, long wallMs, long nowMs)
    {
        if (wallMs != 0)
            _aheadMs[node] = wallMs - nowMs;
    }

    /// <summary>It has ended.</summary>
    public void Forget(NodeId node) => _aheadMs.TryRemove(node, out _);

    /// <summary>
    /// A clock is seen that was not, or one is ahead of where it was; to be asked now and then, by one thread at a
    /// time. One that is behind may be so because the heartbeat was late, and does no harm.
    /// </summary>
    public bool HaveMoved(long nowMs)
    {
        bool haveMoved = HasMoved(default, OwnMs - nowMs);
        foreach ((NodeId node, long aheadMs) in _aheadMs)
            haveMoved |= HasMoved(node, aheadMs);
        if (haveMoved)
            Interlocked.Increment(ref _moves);
        return haveMoved;
    }

    /// <summary>
    /// The median of those of some nodes that can be seen, this one among them whether it is named or not. Of an even
    /// number there are two in the middle: the lower one and the higher one.
    /// </summary>
    public WallMedian MedianOf(IEnumerable<NodeId> nodes, NodeId self, long nowMs)
    {
        var ahead = new List<long> { OwnMs - nowMs };
        foreach (NodeId node in nodes)
        {
            if (node != self && _aheadMs.TryGetValue(node, out long known))
                ahead.Add(known);
        }
        ahead.Sort();
        return new WallMedian(
            ahead[(ahead.Count - 1) / 2], ahead[ahead.Count / 2], ahead.Count, ahead[^1] - ahead[0]);
    }

    private bool HasMoved(NodeId node, long aheadMs)
    {
        bool isSeen = _seenMs.TryGetValue(node, out long seenMs);
        bool hasMoved = !isSeen || aheadMs - seenMs >= MoveMs;
        if (hasMoved || aheadMs < seenMs)
            _seenMs[node] = aheadMs;
        return hasMoved;
    }
}
