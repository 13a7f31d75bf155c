using Warren.Cluster;

namespace Warren.Broker.Tests.Cluster.Nodes;

/// <summary>Which node began to lead a replicated queue, and when: looked at after every step.</summary>
internal sealed class TakeoverRecord(SimulatedCluster cluster)
{
    /// <summary>So long, in steps, a new leader waits for what clients of nodes that it has a link with hold.</summary>
    private const long ClaimSteps = 300;

    /// <summary>Within so many steps of a new link a leader learns that it was replaced.</summary>
    private const long NewsSteps = 60;

    private readonly Dictionary<string, long> _ids = [];
    private readonly Dictionary<string, List<(long At, NodeId Leader, long Term)>> _takeovers = [];

    /// <summary>A queue that is always there, and has several members or may get some.</summary>
    public void Watch(string queue, MessageBroker broker)
    {
        _ids.Add(queue, broker.AllQueues().Single(one => one.Name == queue).Id.Value);
        _takeovers.Add(queue, []);
    }

    public void Look()
    {
        foreach ((string queue, long id) in _ids)
        {
            foreach (SimulatedNode node in cluster.Nodes)
            {
                if (node.Broker?.QueueLinks?.FindLeader(id) is not { } leader)
                    continue;
                List<(long At, NodeId Leader, long Term)> takeovers = _takeovers[queue];
                if (!takeovers.Exists(one => one.Leader == node.Id && one.Term == leader.Term))
                    takeovers.Add((cluster.Network.Now, node.Id, leader.Term));
            }
        }
    }

    /// <summary>Somebody began to lead the queue, at this step or before: all that it had then is in its log.</summary>
    public bool WasLed(string queue, long until) => FirstAt(queue) is >= 0 and long first && first <= until;

    /// <summary>When somebody first did; -1: nobody has.</summary>
    private long FirstAt(string queue) => _takeovers[queue] is [var first, ..] ? first.At : -1;

    /// <summary>
    /// A node has, or just had, no link with the one that leads the queue: its clients may still be served by one that
    /// was replaced, and does not know.
    /// </summary>
    public bool MayBeBehind(string queue, NodeId node)
    {
        if (_takeovers[queue] is not { Count: > 0 } takeovers)
            return false;
        NodeId leader = takeovers.MaxBy(static one => one.Term).Leader;
        return leader != node
            && cluster.Network.HadOutage(leader, node, cluster.Network.Now - NewsSteps, cluster.Network.Now);
    }

    /// <summary>
    /// A node began to lead the queue, at this step or later, that had no link with the other when it began, or lost it
    /// before it had to have an answer: it may not know what the other's clients held and had acknowledged. Or before,
    /// and had no link with it at this step either: what the other has then, it has of a leader that was replaced.
    /// </summary>
    public bool WasMissed(string queue, NodeId other, long since) => _takeovers[queue].Exists(
        one => one.Leader != other
            && cluster.Network.HadOutage(one.Leader, other, one.At, one.At + ClaimSteps)
            && (one.At >= since || cluster.Network.HadOutage(one.Leader, other, since, since)));
}
