using Warren.Broker.Queues.Replicated;

namespace Warren.Broker.Tests.Cluster.Nodes;

/// <summary>
/// No leader hands out what lies beyond the frontier that is committed: looked at after every step.
/// </summary>
internal sealed class FrontierCheck(SimulatedCluster cluster)
{
    public void Look()
    {
        foreach (SimulatedNode node in cluster.Nodes)
        {
            if (node.Broker?.Replication is not QueueReplication replication)
                continue;
            foreach (ReplicatedQueue member in replication.Members)
            {
                if (member.IsServing)
                    Check(node, member);
            }
        }
    }

    private static void Check(SimulatedNode node, ReplicatedQueue member)
    {
        long[] frontier = member.Replica.State.Frontier ?? [];
        Span<long> handedOut = member.Machine.Stored.HandedOut;
        for (int priority = 0; priority < frontier.Length; priority++)
        {
            if (handedOut[priority] > frontier[priority])
            {
                throw new NodesException(
                    $"{node.Name} has handed out {member.Definition.Name} up to {handedOut[priority]}, and the log "
                    + $"says {frontier[priority]}");
            }
        }
    }
}
