using System.Text;
using Warren.Broker.Channels;
using Warren.Broker.Connections;
using Warren.Broker.Messages;
using Warren.Broker.Queues;
using Warren.Broker.Queues.Replicated;
using Warren.Broker.Tests.Cluster;
using Warren.Cluster;
using Warren.Cluster.Consensus;
using Warren.Cluster.Groups;
using Warren.Storage;

namespace Warren.Broker.Tests.Queues.Replicated;

/// <summary>
/// A queue with a member on each node of a simulated cluster, and one client that goes to whichever member leads, without
/// stand-ins between.
/// </summary>
internal sealed class ReplicaGroup
{
    private const long QueueNumber = 5000;

    private readonly Dictionary<SimulatedNode, (ReplicatedQueue Queue, TestAnnouncer Announcer)> _members = [];
    private readonly QueueSettings _settings;

    public ReplicaGroup(QueueSettings? settings = null, int seed = 1)
    {
        _settings = settings ?? new QueueSettings();
        Cluster = new SimulatedCluster(3, seed: seed).StartAll();
        Cluster.UntilServing();
        foreach (SimulatedNode node in Cluster.Nodes)
            Make(node);
        Client = new TestClient();
    }

    public SimulatedCluster Cluster { get; }

    public TestClient Client { get; }

    /// <summary>Called for what clients hold, when a member begins to lead.</summary>
    public Action<ReplicatedQueue, NodeId>? Claims { get; set; }

    public IEnumerable<ReplicatedQueue> Members => _members.Values.Select(member => member.Queue);

    public ReplicatedQueue this[SimulatedNode node] => _members[node].Queue;

    /// <summary>The member that serves in the highest term; null: none.</summary>
    public ReplicatedQueue? Leader => _members.Where(member => member.Key.IsUp && member.Value.Queue.IsServing)
        .Select(member => member.Value.Queue).MaxBy(queue => queue.Consensus!.Term);

    public SimulatedNode NodeOf(ReplicatedQueue queue) => _members.Single(member => member.Value.Queue == queue).Key;

    public ReplicatedQueue UntilLed(ReplicatedQueue? other = null)
    {
        Cluster.Until(() => Leader is { } leader && leader != other, what: "a leader");
        return Leader!;
    }

    /// <summary>Goes on until all members that are up have applied the same, all of it.</summary>
    public void UntilEqual() => Cluster.Until(
        () => Leader is { Consensus: { } group } leader
            && group.Commit == group.LastIndex
            && Members.All(member => member == leader || member.Replica.LastApplied == leader.Replica.LastApplied),
        what: "equal replicas");

    public void Publish(ReplicatedQueue queue, long number, string body)
    {
        SlabWriter slabs = new(NodeOf(queue).Broker!.Slabs);
        Message message = slabs.Append("\0\0"u8, [0, 0], Encoding.UTF8.GetBytes(body));
        queue.Post(QueueCommand.Publish(
            message, 0, true, -1, Client.Publisher, (ulong)number, null));
    }

    private void Make(SimulatedNode node)
    {
        MessageBroker broker = node.Broker!;
        var announcer = new TestAnnouncer(this, node.Id);
        var queue = new ReplicatedQueue(
            broker, "/", _settings, new ClusterSetup
            {
                Self = node.Id,
                Name = default,
                Peers = node.Transport!,
                Transport = node.Transport!,
                Options = new RaftOptions(),
                Founders = [],
            },
            announcer);
        queue.Definition = new QueueDefinition
        {
            Id = new QueueId(QueueNumber),
            Vhost = "/",
            Name = "replicated",
            Type = QueueType.Quorum,
            Durable = true,
            Home = queue,
        };
        var members = new Membership(Cluster.Nodes.Select(one => new Member(one.Id, IsVoter: true)));
        queue.Join(broker.Storage!, RaftGroupStart.Found(node.Id, members));
        _members[node] = (queue, announcer);
    }

    internal sealed class TestAnnouncer(ReplicaGroup group, NodeId node) : ILeaderAnnouncer
    {
        public List<long> Terms { get; } = [];

        public IEnumerable<NodeId> Nodes => group.Claims is null ? [] : [node];

        public void BeginLeading(ReplicatedQueue queue, long term)
        {
            Terms.Add(term);
            group.Claims?.Invoke(queue, node);
        }

        public void EndLeading(ReplicatedQueue queue, Action ended) => ended();
    }
}
