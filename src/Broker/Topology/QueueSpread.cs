using System.Collections.Immutable;
using Warren.Broker.Queues;
using Warren.Cluster;

namespace Warren.Broker.Topology;

/// <summary>
/// How many queues of a vhost are on each node: kept with each change, so that placing a queue costs as much as there
/// are nodes, not queues. Immutable.
/// </summary>
internal sealed record QueueSpread
{
    public static QueueSpread Empty { get; } = new();

    /// <summary>How many live on each node, or are led there; none: on whichever node this is.</summary>
    public ImmutableDictionary<NodeId, int> Homes { get; private init; } = ImmutableDictionary<NodeId, int>.Empty;

    /// <summary>How many replicated ones have a member on each node that is not their home.</summary>
    public ImmutableDictionary<NodeId, int> Followers { get; private init; } = ImmutableDictionary<NodeId, int>.Empty;

    public QueueSpread With(QueueDefinition queue) => Changed(queue, 1);

    public QueueSpread Without(QueueDefinition queue) => Changed(queue, -1);

    private QueueSpread Changed(QueueDefinition queue, int change)
    {
        ImmutableDictionary<NodeId, int> followers = Followers;
        foreach (NodeId member in queue.Members)
        {
            if (member != queue.HomeNode)
                followers = Counted(followers, member, change);
        }
        return new QueueSpread { Homes = Counted(Homes, queue.HomeNode, change), Followers = followers };
    }

    private static ImmutableDictionary<NodeId, int> Counted(
        ImmutableDictionary<NodeId, int> counts, NodeId node, int change)
    {
        int count = counts.GetValueOrDefault(node) + change;
        return count == 0 ? counts.Remove(node) : counts.SetItem(node, count);
    }
}
