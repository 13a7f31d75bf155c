using System.Text;
using Warren.Amqp;
using Warren.Broker.Administration;
using Warren.Broker.Channels;
using Warren.Broker.Definitions;
using Warren.Broker.Definitions.Entries;
using Warren.Broker.Messages;
using Warren.Broker.Queues;
using Warren.Broker.Queues.Replicated;
using Warren.Broker.Tests.Cluster;
using Warren.Broker.Tests.Policies;
using Warren.Cluster;
using Warren.Cluster.Consensus;

namespace Warren.Broker.Tests.Queues.Replicated;

/// <summary>
/// A quorum queue, or a mirrored one, with a member on each node of a simulated cluster, and one client that goes to
/// whichever member leads, without stand-ins between.
/// </summary>
internal sealed class ReplicaGroup
{
    private readonly Dictionary<SimulatedNode, QueueReplication> _nodes = [];
    private readonly Dictionary<SimulatedNode, TestClients> _clients = [];
    private Action<ReplicatedQueue, NodeId>? _claims;

    public ReplicaGroup(int seed = 1, params (string Name, object Value)[] arguments)
        : this(3, seed, isQuorum: true, arguments)
    {
    }

    private ReplicaGroup(int nodes, int seed, bool isQuorum, params (string Name, object Value)[] arguments)
    {
        // Snapshots come in many chunks.
        var raft = new RaftOptions { SnapshotChunkBytes = 8 * 1024 };
        Cluster = new SimulatedCluster(nodes, seed: seed, raft: raft, replicator: (node, broker, setup) =>
        {
            _clients[node] = new TestClients(node, broker)
            {
                Claims = _claims,
                InStep = () => Leader?.InStep ?? [],
                IsReachable = other => other == node.Id || Cluster!.Network.IsUp(node.Id, other),
            };
            return _nodes[node] = new QueueReplication(broker, setup, _clients[node]);
        });
        Cluster.StartAll().UntilServing();
        Client = new TestClient();
        MessageBroker broker = Cluster[1].Broker!;
        if (!isQuorum)
            Cluster.Done(broker.Administration.Policies.SetAsync("/", "ha", "", Fields.Of(("ha-mode", "all"))));
        Cluster.Done(broker.Operations.DeclareAsync(
            "/", "replicated", true, false,
            Fields.Of([("x-queue-type", isQuorum ? "quorum" : "classic"), .. arguments])));
    }

    public SimulatedCluster Cluster { get; }

    public TestClient Client { get; }

    public IEnumerable<ReplicatedQueue> Members =>
        Cluster.Nodes.Where(node => node.IsUp).SelectMany(node => _nodes[node].Members);

    /// <summary>The member that serves in the highest term; null: none.</summary>
    public ReplicatedQueue? Leader =>
        Members.Where(member => member.IsServing).MaxBy(member => member.Consensus!.Term);

    /// <summary>Who says what clients hold, when a member begins to lead.</summary>
    public Action<ReplicatedQueue, NodeId>? Claims
    {
        set
        {
            _claims = value;
            foreach (TestClients clients in _clients.Values)
                clients.Claims = value;
        }
    }

    /// <summary>Of a cluster with more nodes than the queue has members.</summary>
    public static ReplicaGroup Within(int nodes, int seed = 1, params (string Name, object Value)[] arguments) =>
        new(nodes, seed, isQuorum: true, arguments);

    /// <summary>Of a mirrored classic queue.</summary>
    public static ReplicaGroup OfMirrors(int seed = 1) => new(3, seed, isQuorum: false);

    /// <summary>How often the node's member has begun to lead, in this process.</summary>
    public int BeginningsOf(SimulatedNode node) => _clients[node].Beginnings;

    /// <summary>The queue, as a node sees it.</summary>
    public static QueueDefinition DefinitionOn(SimulatedNode node) =>
        node.Broker!.AllQueues().Single(queue => queue.Name == "replicated");

    /// <summary>A node's member; null: it has none.</summary>
    public ReplicatedQueue? MemberOf(SimulatedNode node) => _nodes[node].Members.SingleOrDefault();

    /// <summary>The queue is to have these members.</summary>
    public void Wish(SimulatedNode by, params ReadOnlySpan<NodeId> members)
    {
        QueueDefinition queue = DefinitionOn(by);
        var entry = new QueueMembersEntry
        {
            Vhost = "/",
            Name = queue.Name,
            Queue = queue.Id.Value,
            Members = [.. members],
            WishedSize = members.Length,
        };
        Cluster.Done(AdministrativeChange.RunAsync(by.Broker!, store => store.Commit(entry)));
    }

    /// <summary>
    /// Goes on until something holds; meanwhile leaders tell nodes that they reach which members there are.
    /// </summary>
    public void Until(Func<bool> condition, string what)
    {
        Cluster.Until(
            () =>
            {
                foreach (ReplicatedQueue leader in Members.Where(member => member.Standing is not null))
                    Tell(leader, leader.Standing!);
                return condition();
            },
            what: what);
    }

    /// <summary>Goes on until the group has exactly these members, all of which vote.</summary>
    public void UntilMembers(params NodeId[] members) => Until(
        () => Leader is { Standing: { } standing } && standing.Members.All(member => member.IsVoter)
            && standing.Members.Select(member => member.Id).Order().SequenceEqual(members.Order()),
        what: $"members {string.Join(", ", members)}");

    /// <summary>A leader's word comes to all nodes that it reaches.</summary>
    public void Tell(ReplicatedQueue leader, ReplicaStanding standing)
    {
        SimulatedNode from = NodeOf(leader);
        foreach (SimulatedNode node in Cluster.Nodes.Where(node => node.IsUp))
        {
            if (node == from || Cluster.Network.IsUp(from.Id, node.Id))
                _nodes[node].Told(leader.Definition.Id, standing);
        }
    }

    public SimulatedNode NodeOf(ReplicatedQueue queue) =>
        Cluster.Nodes.Single(node => node.IsUp && _nodes[node].Members.Contains(queue));

    public ReplicatedQueue UntilLed(ReplicatedQueue? other = null)
    {
        Cluster.Until(() => Leader is { } leader && leader != other, what: "a leader");
        return Leader!;
    }

    /// <summary>Goes on until all members have applied the same, all of it.</summary>
    public void UntilEqual() => Cluster.Until(
        () => Leader is { Consensus: { } group } leader && Members.Count() == Cluster.Nodes.Count
            && group.Commit == group.LastIndex
            && Members.All(member => member.Consensus!.Applied == group.LastIndex
                && member.Replica.Messages.Count == leader.Replica.Messages.Count),
        what: "equal replicas");

    public void Publish(ReplicatedQueue queue, long number, string body) => Publish(queue, Client, number, body, null);

    /// <summary>Of another client, maybe, and of what keeps it.</summary>
    public void Publish(ReplicatedQueue queue, TestClient client, long number, string body, PublishOrigin? origin)
    {
        var slabs = new SlabWriter(NodeOf(queue).Broker!.Slabs);
        Message message = slabs.Append("\0\0"u8, [0, 0], Encoding.UTF8.GetBytes(body));
        PublishGroup? group = origin is null ? null : new PublishGroup(1, commit: null) { Origin = origin };
        queue.Post(QueueCommand.Publish(message, 0, true, -1, client.Publisher, (ulong)number, group));
    }

    public void Acknowledge(ReplicatedQueue leader, int delivery)
    {
        TestDelivery delivered = Client.Deliveries[delivery];
        leader.Post(QueueCommand.Written(delivered.Consumer, 1, delivered.SizeBytes));
        leader.Post(QueueCommand.Settle(delivered.Slot, delivered.Position));
    }

    public void Publish(ReplicatedQueue queue, int from, int to)
    {
        for (int number = from; number <= to; number++)
            Publish(queue, number, $"m{number}");
        Cluster.Until(() => Client.Verdicts.ContainsKey(to), what: "verdicts");
    }
}
