using System.Collections.Concurrent;
using Warren.Cluster;

namespace Warren.Broker.Queues.Replicated;

/// <summary>
/// The wall clocks of the nodes that this one has links with, as they were when those began, and its own as it is now:
/// all less this process's monotonic time. Any thread.
/// </summary>
/// <param name="time">This node's.</param>
internal sealed class WallClocks(TimeProvider time)
{
    private readonly ConcurrentDictionary<NodeId, long> _aheadMs = new();

    /// <summary>This node's own, ms.</summary>
    public long OwnMs => time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>A link has begun.</summary>
    public void Note(NodeId node, long wallMs, long nowMs)
    {
        if (wallMs != 0)
            _aheadMs[node] = wallMs - nowMs;
    }

    /// <summary>It has ended.</summary>
    public void Forget(NodeId node) => _aheadMs.TryRemove(node, out _);

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
}
