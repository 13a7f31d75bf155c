using System.Globalization;
using Warren.Amqp;
using Warren.Broker.Operations;
using Warren.Broker.Topology;
using Warren.Wire;
using Xunit;

namespace Warren.Broker.Tests.Remote;

/// <summary>What an operator on any node is told of consumers: the same as on all others.</summary>
public sealed class RemoteListTests
{
    [Fact]
    public async Task The_consumers_of_all_queues_are_listed_on_every_node()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(nodes: 3);
        await cluster.DeclareAsync(1, "q");
        await cluster.DeclareAsync(2, "r");
        WireClient first = await cluster.ConnectAsync(0);
        WireClient second = await cluster.ConnectAsync(1);
        await first.PrefetchAsync(1, 7);
        var arguments = new FieldTable { ["x-priority"] = FieldValue.Of(3) };
        await first.CallAsync(
            1, new BasicConsume("q", "zero", false, false, false, noWait: false, arguments), MethodId.BasicConsumeOk);
        await second.ConsumeAsync(1, "q", "one", noAck: true);
        await first.ConsumeAsync(1, "r", "other");
        foreach (ClusterNode node in cluster.Nodes)
        {
            IReadOnlyList<ConsumerStatus> listed = await ListAsync(node);
            Assert.Equal(
                ["q zero rabbit@n0 7 False", "q one rabbit@n1 0 True", "r other rabbit@n0 7 False"],
                listed.Select(one => string.Create(
                    CultureInfo.InvariantCulture,
                    $"{one.Queue.Name} {one.Tag} {NameOf(node, one)} {one.PrefetchCount} {one.NoAck}")));
            Assert.All(listed, static one => Assert.True(one.IsActive));
            Assert.True(listed[0].Arguments["x-priority"].TryGetInteger(out long priority));
            Assert.Equal(3, priority);
            Assert.All(listed, one => Assert.Equal(1, one.Channel));
            Assert.Equal(ConnectionOf(cluster, 0), listed[0].ConnectionId);
            Assert.Equal(ConnectionOf(cluster, 1), listed[1].ConnectionId);
        }
    }

    [Fact]
    public async Task Who_has_a_queue_to_himself_is_known_on_every_node()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(nodes: 3);
        await cluster.DeclareAsync(1, "q");
        WireClient client = await cluster.ConnectAsync(0);
        await client.CallAsync(
            1, new BasicConsume("q", "mine", false, false, exclusive: true, noWait: false, FieldTable.Empty),
            MethodId.BasicConsumeOk);
        foreach (ClusterNode node in cluster.Nodes)
        {
            await node.Broker.Operations.RefreshCountsAsync(Eventually.Patience);
            ConsumerStatus? holder = TestCluster.Find(node, "q")!.Home.Holder;
            Assert.NotNull(holder);
            Assert.True(holder.Exclusive);
            Assert.Equal("mine", holder.Tag);
            Assert.Equal("rabbit@n0", NameOf(node, holder));
            Assert.Equal(ConnectionOf(cluster, 0), holder.ConnectionId);
        }
        await client.CallAsync(1, new BasicCancel("mine", noWait: false), MethodId.BasicCancelOk);
        await cluster.Nodes[2].Broker.Operations.RefreshCountsAsync(Eventually.Patience);
        Assert.Null(TestCluster.Find(cluster.Nodes[2], "q")!.Home.Holder);
    }

    [Fact]
    public async Task Only_the_single_active_consumer_counts_as_served()
    {
        await using TestCluster cluster = await TestCluster.StartAsync();
        await cluster.DeclareAsync(
            1, "q", new FieldTable { ["x-single-active-consumer"] = FieldValue.Of(true) });
        WireClient client = await cluster.ConnectAsync(0);
        await client.ConsumeAsync(1, "q", "served");
        await client.ConsumeAsync(1, "q", "waiting");
        foreach (ClusterNode node in cluster.Nodes)
            Assert.Equal([true, false], (await ListAsync(node)).Select(static one => one.IsActive));
    }

    [Fact]
    public async Task More_consumers_than_a_frame_holds_are_listed_once_each()
    {
        await using TestCluster cluster = await TestCluster.StartAsync();
        await cluster.DeclareAsync(1, "a");
        await cluster.DeclareAsync(1, "b");
        WireClient client = await cluster.ConnectAsync(0);
        string tail = new('t', 200);
        for (int number = 0; number < 600; number++)
            client.Add(
                1, WireClient.Consume(number % 2 == 0 ? "a" : "b", $"{number} {tail}", noAck: true, noWait: true));
        await client.ConsumeAsync(1, "b", $"600 {tail}", noAck: true);
        await Eventually.True(
            () => cluster.Home(1, "a").ConsumerCount == 300 && cluster.Home(1, "b").ConsumerCount == 301);
        IReadOnlyList<ConsumerStatus> listed = await ListAsync(cluster.Nodes[0]);
        Assert.Equal(601, listed.Count);
        Assert.Equal(
            [.. Enumerable.Range(0, 300).Select(number => number * 2), .. Enumerable.Range(0, 300)
                .Select(number => (number * 2) + 1), 600],
            listed.Select(one => int.Parse(one.Tag.Split(' ')[0], CultureInfo.InvariantCulture)));
    }

    [Fact]
    public async Task A_node_that_cannot_be_reached_is_left_out()
    {
        await using TestCluster cluster = await TestCluster.StartAsync();
        await cluster.DeclareAsync(0, "a");
        await cluster.DeclareAsync(1, "b");
        WireClient client = await cluster.ConnectAsync(0);
        await client.ConsumeAsync(1, "a", "here");
        await client.ConsumeAsync(1, "b", "there");
        cluster.Network.IsDown = true;
        await Eventually.True(() => !cluster.Nodes[0].Peers.IsUp(cluster.Nodes[1].Id));
        Assert.Equal(["here"], (await ListAsync(cluster.Nodes[0])).Select(static one => one.Tag));
    }

    private static Task<IReadOnlyList<ConsumerStatus>> ListAsync(ClusterNode node)
    {
        Assert.True(node.Broker.Topology.Vhosts.TryGetValue("/", out Vhost? vhost));
        return node.Broker.Operations.ListConsumersAsync(vhost, Eventually.Patience);
    }

    private static string NameOf(ClusterNode node, ConsumerStatus consumer) =>
        consumer.Node.IsNone ? $"rabbit@n{node.Index}" : TestCluster.NodeNameOf(
            Enumerable.Range(0, 3).First(index => TestCluster.IdOf(index) == consumer.Node)).ToString();

    private static long ConnectionOf(TestCluster cluster, int node) =>
        Assert.Single(cluster.Nodes[node].Broker.Connections.Snapshot()).Id;
}
