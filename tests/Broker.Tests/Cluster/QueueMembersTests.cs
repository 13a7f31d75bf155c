using Warren.Amqp;
using Warren.Broker.Definitions;
using Warren.Broker.Definitions.Entries;
using Warren.Broker.Policies;
using Warren.Broker.Queues;
using Warren.Broker.Queues.Remote;
using Warren.Broker.Security;
using Warren.Broker.Tests.Definitions;
using Warren.Broker.Tests.Policies;
using Warren.Broker.Tests.Topology;
using Warren.Broker.Topology;
using Warren.Cluster;
using Xunit;

namespace Warren.Broker.Tests.Cluster;

/// <summary>Which nodes become the members of a replicated queue; the node that is asked is number 1.</summary>
public sealed class QueueMembersTests
{
    private readonly SimulatedNode _node;

    public QueueMembersTests()
    {
        SimulatedCluster cluster = new SimulatedCluster(1, onlyTells: true).StartAll();
        cluster.UntilServing();
        _node = cluster[1];
    }

    private MessageBroker Broker => _node.Broker!;

    [Theory]
    [InlineData(9, null, null, 3)]
    [InlineData(9, 1, null, 1)]
    [InlineData(9, 5, null, 5)]
    [InlineData(9, 100, null, 7)]
    [InlineData(2, null, null, 2)]
    [InlineData(4, 5, null, 4)]
    [InlineData(9, null, 5, 5)]
    [InlineData(9, null, 1, 3)]
    [InlineData(9, 2, 5, 2)]
    public void They_are_as_many_as_asked_for_and_as_there_are(int nodes, int? argument, int? policy, int members)
    {
        if (policy is { } target)
            _node.Store.Commit(PolicyOf("target-group-size", target));
        SetNodes(nodes);
        FieldTable arguments = argument is { } size ? Fields.Of(("x-quorum-initial-group-size", size)) : [];
        NodeId[] placed = Place("q", arguments);
        Assert.Equal(members, placed.Distinct().Count());
        Assert.Equal(members, placed.Length);
        Assert.Equal(_node.Id, placed[0]);
    }

    [Fact]
    public void The_configured_number_counts_where_nothing_else_is_said()
    {
        var cluster = new SimulatedCluster(0);
        var node = new SimulatedNode(1, cluster.Network, cluster.Time, cluster.Random, cluster.Truth)
        {
            Founders = [Samples.Node(1)],
            OnlyTells = true,
            Configuration = new BrokerOptions { QuorumInitialGroupSize = 5 },
        };
        node.Start();
        SetNodes(node.Broker!, 9, 9);
        Assert.Equal(5, Place(node.Broker!, "q", []).Length);
    }

    [Fact]
    public void Nodes_that_are_down_become_members_only_if_too_few_are_up()
    {
        SetNodes(5, up: 3);
        Assert.Equal(Nodes(1, 2, 3), Place("q", []).Order());
        NodeId[] five = Place("q", Fields.Of(("x-quorum-initial-group-size", 5)));
        Assert.Equal(Nodes(1, 2, 3), five[..3].Order());
        Assert.Equal(Nodes(4, 5), five[3..].Order());
    }

    [Fact]
    public void Those_with_the_fewest_members_of_queues_follow()
    {
        SetNodes(5);
        Put(
            Domain.Queue("a", home: Samples.Node(2), members: Nodes(2, 3)),
            Domain.Queue("b", home: Samples.Node(1), members: Nodes(1, 3)),
            Domain.Queue("c", home: Samples.Node(5)));
        // 1 each on 2 and 5, 2 on 3, none on 4.
        Assert.All(Names(20), name => Assert.Equal(Samples.Node(4), Place(name, [])[1]));
        Assert.All(Names(20), name => Assert.DoesNotContain(Samples.Node(3), Place(name, [])));
        Assert.Equal(2, Names(20).Select(name => Place(name, [])[2]).Distinct().Count());
    }

    /// <summary>They follow each name alike, whoever asks.</summary>
    [Fact]
    public void Equals_take_turns_by_the_names_of_queues()
    {
        SetNodes(6);
        Dictionary<NodeId, int> followers = Names(300)
            .SelectMany(name => Place(name, [])[1..]).CountBy(static node => node).ToDictionary();
        Assert.Equal(5, followers.Count);
        Assert.All(followers, one => Assert.InRange(one.Value, 90, 150));
        Assert.Equal(Nodes(1, 6, 5), Place("q", []));
    }

    [Fact]
    public void The_first_is_where_the_locator_wants_the_leader()
    {
        SetNodes(3);
        Put(
            Domain.Queue("a", home: Samples.Node(1), members: Nodes(1, 2)),
            Domain.Queue("b", home: Samples.Node(3), members: Nodes(3, 2)));
        FieldTable balanced = Fields.Of(
            ("x-queue-leader-locator", "balanced"), ("x-quorum-initial-group-size", 2));
        Assert.All(Names(10), name => Assert.Equal(Samples.Node(2), Place(name, balanced)[0]));
    }

    /// <summary>They become members only if there are too few others, and before those that are down.</summary>
    [Fact]
    public void Who_is_under_maintenance_comes_after_the_others_and_is_not_the_first()
    {
        SetNodes(4, up: 4);
        Broker.Maintenance.IsOwn = true;
        Broker.Maintenance.Note(Samples.Node(2), isUnder: true);
        foreach (string name in Names(10))
        {
            NodeId[] placed = Place(name, []);
            Assert.Equal(Nodes(3, 4), placed[..2].Order());
            Assert.Contains(placed[2], Nodes(1, 2));
            Assert.Contains(HomeOf(name), Nodes(3, 4));
            Assert.Contains(HomeOf(name, ("x-queue-leader-locator", "balanced")), Nodes(3, 4));
            Assert.Contains(HomeOf(name, ("x-queue-master-locator", "random")), Nodes(3, 4));
        }
        SetNodes(3, up: 2);
        Assert.Equal(Nodes(1, 2, 3), Place("q", []));
        Assert.Equal(_node.Id, HomeOf("q"));
        Broker.Maintenance.IsOwn = false;
        Broker.Maintenance.Note(Samples.Node(2), isUnder: false);
        Assert.Equal(_node.Id, HomeOf("q"));

        NodeId HomeOf(string name, params (string, object?)[] arguments) => QueuePlacement.HomeOf(
            Broker, Broker.Topology, Declaration(name), QueueType.Classic, Fields.Of(arguments));
    }

    /// <summary>As of a queue that was declared when its node was by itself.</summary>
    [Theory]
    [InlineData(3, 3, true)]
    [InlineData(3, null, false)]
    [InlineData(3, 1, false)]
    [InlineData(1, 3, false)]
    public void A_queue_on_one_node_wants_members_by_its_argument_alone(int nodes, int? argument, bool wants)
    {
        SetNodes(nodes);
        var queue = new QueueDefinition
        {
            Id = new QueueId(7),
            Vhost = "/",
            Name = "q",
            Type = QueueType.Quorum,
            Durable = true,
            HomeNode = _node.Id,
            Arguments = argument is { } size ? Fields.Of(("x-quorum-target-group-size", size)) : [],
        };
        Put(queue);
        Assert.Equal(wants, QueuePlacement.WantsMembers(Broker, queue));
    }

    [Fact]
    public void The_first_is_where_the_policy_wants_the_leader()
    {
        _node.Store.Commit(PolicyOf("queue-leader-locator", "balanced"));
        SetNodes(3);
        Put(
            Domain.Queue("a", home: Samples.Node(1), members: Nodes(1, 2)),
            Domain.Queue("b", home: Samples.Node(3), members: Nodes(3, 2)));
        Assert.Equal(Samples.Node(2), Place("q", [])[0]);
    }

    [Fact]
    public void There_are_none_for_classic_queues_and_by_oneself()
    {
        SetNodes(3);
        Assert.Empty(PlaceClassic(Declaration("q")));
        SetNodes(1);
        Assert.Empty(Place("q", []));
    }

    [Theory]
    [InlineData("all", null, 9, 7)]
    [InlineData("all", null, 4, 4)]
    [InlineData("exactly", 1, 9, 1)]
    [InlineData("exactly", 2, 9, 3)]
    [InlineData("exactly", 2, 2, 2)]
    [InlineData("exactly", 4, 9, 4)]
    [InlineData("exactly", 4, 3, 3)]
    public void A_policy_mirrors_classic_queues(string mode, int? size, int nodes, int members)
    {
        Mirror(size is { } count ? [("ha-mode", mode), ("ha-params", count)] : [("ha-mode", mode)]);
        SetNodes(nodes);
        NodeId[] placed = PlaceClassic(Declaration("q"));
        Assert.Equal(members, placed.Distinct().Count());
        Assert.Equal(_node.Id, placed[0]);
        // A policy for mirrors passes quorum queues by, and exclusive queues have one owner's node.
        Assert.Equal(Math.Min(3, nodes), Place("q", []).Length);
        Assert.Empty(PlaceClassic(new QueueDeclaration { Vhost = "/", Name = "q", Exclusive = true }));
        // A queue that is not durable is mirrored like one that is.
        Assert.Equal(members, PlaceClassic(new QueueDeclaration { Vhost = "/", Name = "q" }).Length);
    }

    // The node that it would live on comes first if it is named, and those that are up before those that are not.
    [Theory]
    [InlineData(4, new[] { 3, 9 }, new[] { 3 })]
    [InlineData(3, new[] { 4, 2, 1 }, new[] { 1, 2, 4 })]
    [InlineData(3, new[] { 4, 2 }, new[] { 2, 4 })]
    [InlineData(4, new[] { 9 }, new int[0])]
    public void A_policy_names_the_nodes_of_mirrors(int up, int[] named, int[] members)
    {
        object?[] names = [.. named.Select(static number => Samples.Member(number).Name)];
        Mirror(("ha-mode", "nodes"), ("ha-params", names));
        SetNodes(4, up);
        Assert.Equal(Nodes(members), PlaceClassic(Declaration("q")));
    }

    private void Mirror(params (string Key, object? Value)[] definition) => _node.Store.Commit(new PolicyEntry(
        "/",
        new Policy("p", NamePattern.Compile(".*"), PolicyTarget.Queues, 0, Fields.Of(definition)), false));

    private NodeId[] PlaceClassic(QueueDeclaration declaration) =>
        [.. QueuePlacement.MembersOf(Broker, Broker.Topology, declaration, QueueType.Classic, [])];

    private static PolicyEntry PolicyOf(string key, object value) => new(
        "/",
        new Policy("p", NamePattern.Compile(".*"), PolicyTarget.Queues, 0, Fields.Of((key, value))), false);

    private static IEnumerable<string> Names(int count) => Enumerable.Range(0, count).Select(number => $"q{number}");

    private static NodeId[] Nodes(params int[] numbers) => [.. numbers.Select(Samples.Node)];

    private static QueueDeclaration Declaration(string name) => new() { Vhost = "/", Name = name, Durable = true };

    private void SetNodes(int count, int? up = null) => SetNodes(Broker, count, up ?? count);

    private static void SetNodes(MessageBroker broker, int count, int up)
    {
        NodesSnapshot nodes = NodesSnapshot.Empty;
        for (int number = 1; number <= count; number++)
            nodes = nodes.With(Samples.Member(number));
        for (int number = 1; number <= up; number++)
            nodes = nodes.With(new NodeSession(number, Samples.Node(number), 1, 1), 1);
        broker.Nodes = nodes;
    }

    private void Put(params ReadOnlySpan<QueueDefinition> queues)
    {
        Assert.True(Broker.Topology.Vhosts.TryGetValue("/", out Vhost? vhost));
        foreach (QueueDefinition queue in queues)
            vhost = vhost!.WithQueue(queue);
        Broker.Topology = Broker.Topology.With(vhost!);
    }

    private NodeId[] Place(string name, FieldTable arguments) => Place(Broker, name, arguments);

    private static NodeId[] Place(MessageBroker broker, string name, FieldTable arguments) =>
    [
        .. QueuePlacement.MembersOf(broker, broker.Topology, Declaration(name), QueueType.Quorum, arguments),
    ];
}
