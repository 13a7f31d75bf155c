using Warren.Cluster;

namespace Warren.Broker.Tests.Cluster.Nodes;

/// <summary>Which node began to lead a replicated queue, and when: looked at after every step.</summary>
internal sealed class TakeoverRecord(SimulatedCluster cluster)
{
    /// <summary>
    /// So long, in steps, a new leader waits for what clients of other nodes hold, and for links that were lost less
    /// than that before.
    /// </summary>
    private const long ClaimSteps = 300;

    /// <summary>A node that has had a link for so long has said what its clients hold.</summary>
    private const long AnswerSteps = 150;

    /// <summary>Within so many steps of a new link a leader learns that it was replaced.</summary>
    private const long NewsSteps = 60;

    private readonly Dictionary<string, long> _ids = [];
    private readonly Dictionary<string, List<Takeover>> _takeovers = [];

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
                List<Takeover> takeovers = _takeovers[queue];
                if (!takeovers.Exists(one => one.Leader == node.Id && one.Term == leader.Term))
                    takeovers.Add(new Takeover(cluster.Network.Now, node.Id, leader.Term, node.StartedAt));
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
    /// A node began to lead the queue, at this step or later, that had no link with the other for so long that it did
    /// not wait for what that one's clients held and had acknowledged, or could not have it in time. Or before, and had
    /// no link with it at this step either: what the other has then, it has of a leader that was replaced.
    /// </summary>
    public bool WasMissed(string queue, NodeId other, long since) => _takeovers[queue].Exists(
        one => one.Leader != other && WasMissed(one, other)
            && (one.At >= since || cluster.Network.HadOutage(one.Leader, other, since, since)));

    private bool WasMissed(in Takeover one, NodeId other)
    {
        long at = one.At;
        foreach ((long from, long to) in cluster.Network.OutagesOf(one.Leader, other))
        {
            if (to < one.At)
                continue;
            // It had given the link up by then, or its process has never had it.
            if (from <= Math.Max(one.At - ClaimSteps, one.StartedAt))
                return true;
            if (Math.Min(from, one.At + ClaimSteps) - at >= AnswerSteps)
                return false;
            at = Math.Max(at, to);
        }
        return one.At + ClaimSteps - at < AnswerSteps;
    }

    private readonly record struct Takeover(long At, NodeId Leader, long Term, long StartedAt);
}
