using Warren.Broker.Queues.Replicated;

namespace Warren.Broker.Tests.Cluster.Nodes;

/// <summary>
/// When a leader said that no member had run on, so that wall clocks told it how much time has passed in a queue: they
/// may say anything here. Nobody must be there then who knows it. Looked at after every step.
/// </summary>
internal sealed class BridgeRecord(SimulatedCluster cluster)
{
    /// <summary>Who has been there for so long is asked, and answers in time.</summary>
    private const long AnswerSteps = 100;

    private readonly Dictionary<SimulatedNode, int> _seen = [];
    private readonly Dictionary<string, long> _last = [];

    /// <summary>How often.</summary>
    public int Count { get; private set; }

    private long Now => cluster.Network.Now;

    public void Look()
    {
        foreach (SimulatedNode node in cluster.Nodes)
        {
            for (int at = _seen.GetValueOrDefault(node); at < node.Lines.Count; at++)
            {
                if (node.Lines[at].Contains("no member has run on", StringComparison.Ordinal))
                    Note(node, node.Lines[at].Split('\'')[1]);
            }
            _seen[node] = node.Lines.Count;
        }
    }

    /// <summary>At this step or later.</summary>
    public bool IsSince(string queue, long step) => _last.TryGetValue(queue, out long last) && last >= step;

    private static ReplicatedQueue? MemberOf(SimulatedNode node, string queue) =>
        (node.Broker?.Replication as QueueReplication)?.Members.FirstOrDefault(one => one.Definition.Name == queue);

    private void Note(SimulatedNode leader, string queue)
    {
        Count++;
        _last[queue] = Now;
        if (MemberOf(leader, queue) is not { Consensus: { } group } member)
            return;
        long logged = member.Replica.State.Time!.Value.Term;
        foreach (SimulatedNode other in cluster.Nodes)
        {
            if (other != leader && group.Members.IsVoter(other.Id) && other.StartedAt < Now - AnswerSteps
                && MemberOf(other, queue) is { } one && one.Time.KnownTerm >= logged
                && !cluster.Network.HadOutage(leader.Id, other.Id, Now - AnswerSteps, Now))
            {
                throw new NodesException(
                    $"{leader.Name} goes by wall clocks in {queue}, and {other.Name} knows what time it is, from the "
                    + $"leader of term {one.Time.KnownTerm}");
            }
        }
    }
}
