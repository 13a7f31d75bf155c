using System.Collections.Immutable;
using Warren.Broker.Queues;
using Warren.Broker.Queues.Remote;
using Warren.Broker.Queues.Replicated;
using Warren.Broker.Tests.Cluster;
using Warren.Broker.Tests.Definitions;
using Warren.Cluster;

namespace Warren.Broker.Tests.Queues.Replicated;

/// <summary>No stand-ins: a test posts to members itself, and says what clients hold.</summary>
internal sealed class TestClients(SimulatedNode node, MessageBroker broker) : IReplicatedClients
{
    /// <summary>Called for what clients hold, when a member begins to lead; null: nobody is asked.</summary>
    public Action<ReplicatedQueue, NodeId>? Claims { get; set; }

    /// <summary>Whether there is a link to another node.</summary>
    public Func<NodeId, bool> IsReachable { get; set; } = static _ => true;

    public IEnumerable<NodeId> Nodes => Claims is null ? [] : [node.Id];

    // A stand-in that never finds its home.
    public QueueHome MakeHome(string vhost, QueueSettings settings, ImmutableArray<NodeId> members) =>
        new RemoteQueue(broker, broker.QueueLinks!, Samples.Node(99), settings);

    /// <summary>How often a member here has begun to lead.</summary>
    public int Beginnings { get; private set; }

    public void BeginLeading(ReplicatedQueue queue, long term)
    {
        Beginnings++;
        Claims?.Invoke(queue, node.Id);
    }

    public bool IsUp(NodeId other) => IsReachable(other);

    // Told by ReplicaGroup.Until, as often as there is a link.
    public void TellMembers(ReplicatedQueue queue, ReplicaStanding standing)
    {
    }

    /// <summary>Brings what members say of the time to a node; false: it cannot be reached.</summary>
    public Action<QueueId, NodeId, TimeNews>? Times { get; set; }

    public void TellTime(ReplicatedQueue queue)
    {
        TimeWord word = queue.Time.Word!;
        foreach (NodeId other in queue.Definition.Members.Where(other => other != node.Id))
        {
            TellTime(queue.Definition.Id, other, new TimeNews(
                node.Id, IsAnswer: false, word.Term, word.AheadMs is null ? 0 : word.Term,
                broker.NowMs + word.AheadMs ?? 0));
        }
    }

    public void TellTime(QueueId queue, NodeId to, TimeNews news) => Times?.Invoke(queue, to, news);

    /// <summary>The members in step, as who leads the queue says.</summary>
    public Func<ImmutableArray<NodeId>> InStep { get; set; } = static () => [];

    public ImmutableArray<NodeId> AskInStep(ReplicatedQueue queue, long sinceMs) => InStep();

    public void EndLeading(ReplicatedQueue queue, Action ended) => ended();
}
