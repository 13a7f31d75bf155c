using Warren.Amqp;
using Warren.Broker.Queues.Remote;
using Warren.Cluster.Peers;
using Warren.Wire;
using Xunit;

namespace Warren.Broker.Tests.Remote;

/// <summary>Queues that end on their homes, and clients whose node ends meanwhile.</summary>
public sealed class RemoteEndingTests
{
    private static readonly TimeSpan HomePatience = new LineOptions().HomePatience + TimeSpan.FromMilliseconds(500);

    /// <summary>The definition goes by who asked for the queue's end; when he cannot, by the home.</summary>
    [Fact]
    public async Task A_queue_that_was_closed_for_a_node_that_is_lost_is_not_defined_for_ever()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(nodes: 3);
        await cluster.DeclareAsync(1, "q");
        WireClient client = await cluster.ConnectAsync(2);
        cluster.Nodes[2].Peers.Filter = kind => kind != LineFrame.Deliveries;
        await client.SendAsync(1, new QueueDelete("q", ifUnused: false, ifEmpty: false, noWait: false));
        await Eventually.True(() => cluster.Home(1, "q").Machine.IsClosed);
        await cluster.KillAsync(2);
        await Eventually.True(() => !cluster.Nodes[1].Peers.IsUp(TestCluster.IdOf(2)));
        cluster.Nodes.RemoveAt(2);
        cluster.Advance(HomePatience);
        await cluster.IsGone("q");
    }

    [Fact]
    public async Task A_home_keeps_nothing_for_a_line_to_a_queue_that_is_gone()
    {
        await using TestCluster cluster = await TestCluster.StartAsync();
        await cluster.DeclareAsync(1, "q");
        long queue = TestCluster.Find(cluster.Nodes[1], "q")!.Id.Value;
        WireClient client = await cluster.ConnectAsync(0);
        await client.ConsumeAsync(1, "q", "c");
        LinePeer visitor = cluster.Nodes[1].Broker.QueueLinks!.PeerOf(TestCluster.IdOf(0));
        Assert.True(visitor.HasVisit(queue));
        // That the other node has given its line up is lost.
        cluster.Nodes[1].Peers.Filter = kind => kind != LineFrame.Ended;
        WireClient other = await cluster.ConnectAsync(1);
        await other.CallAsync(1, new QueueDelete("q", false, false, noWait: false), MethodId.QueueDeleteOk);
        await cluster.IsGone("q");
        await Eventually.True(() =>
        {
            cluster.Advance(TimeSpan.FromSeconds(1));
            return !visitor.HasVisit(queue);
        });
    }

    [Fact]
    public async Task What_the_home_alone_says_is_gone_takes_no_message()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(nodes: 3);
        await cluster.DeclareAsync(1, "q");
        // The third node does not hear that it is deleted.
        cluster.Nodes[2].Peers.Filter = static kind => kind >> 8 != PeerFrameKind.FirstOfGroups >> 8;
        WireClient other = await cluster.ConnectAsync(1);
        await other.SendAsync(1, new QueueDelete("q", ifUnused: false, ifEmpty: false, noWait: true));
        await Eventually.True(() => TestCluster.Find(cluster.Nodes[1], "q") is null);
        WireClient client = await cluster.ConnectAsync(2);
        await client.CallAsync(1, new ConfirmSelect(noWait: false), MethodId.ConfirmSelectOk);
        client.AddPublish(1, "", "q", "m"u8);
        await client.FlushAsync();
        Assert.Equal(1UL, (await client.ExpectAsync(MethodId.BasicNack)).Sequence);
        cluster.Nodes[2].Peers.Filter = null;
        await cluster.IsGone("q");
        client.AddPublish(1, "", "q", "m"u8);
        await client.FlushAsync();
        Assert.Equal(2UL, (await client.ExpectAsync(MethodId.BasicAck)).Sequence);
    }

    [Fact]
    public async Task The_next_single_active_consumer_gets_the_older_messages_first()
    {
        await using TestCluster cluster = await TestCluster.StartAsync();
        await cluster.DeclareAsync(1, "q", new FieldTable { ["x-single-active-consumer"] = FieldValue.Of(true) });
        WireClient far = await cluster.ConnectAsync(0);
        await far.CallAsync(1, new BasicQos(0, prefetchCount: 2, global: false), MethodId.BasicQosOk);
        await far.ConsumeAsync(1, "q", "far");
        WireClient near = await cluster.ConnectAsync(1);
        await near.ConsumeAsync(1, "q", "near");
        foreach (string body in (string[])["a", "b", "c", "d"])
            near.AddPublish(1, "", "q", WireClient.Bytes(body));
        await near.FlushAsync();
        await cluster.Holds(1, "q", ready: 2, unacked: 2);
        cluster.Network.IsDown = true;
        await Eventually.True(() => !cluster.Nodes[1].Peers.IsUp(cluster.Nodes[0].Id));
        cluster.Advance(HomePatience);
        Assert.Equal(["a", "b", "c", "d"], await TakeAsync(near, 4));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task And_when_the_channel_of_the_one_before_is_closed(int node)
    {
        await using TestCluster cluster = await TestCluster.StartAsync();
        await cluster.DeclareAsync(1, "q", new FieldTable { ["x-single-active-consumer"] = FieldValue.Of(true) });
        WireClient first = await cluster.ConnectAsync(node);
        await first.CallAsync(1, new BasicQos(0, prefetchCount: 2, global: false), MethodId.BasicQosOk);
        await first.ConsumeAsync(1, "q", "first");
        WireClient next = await cluster.ConnectAsync(1);
        await next.ConsumeAsync(1, "q", "next");
        foreach (string body in (string[])["a", "b", "c", "d"])
            next.AddPublish(1, "", "q", WireClient.Bytes(body));
        await next.FlushAsync();
        await cluster.Holds(1, "q", ready: 2, unacked: 2);
        Assert.Equal(["a", "b"], await TakeAsync(first, 2));
        await first.CallAsync(1, new ChannelClose(200, "", 0, 0), MethodId.ChannelCloseOk);
        Assert.Equal(["a", "b", "c", "d"], await TakeAsync(next, 4));
    }

    [Fact]
    public async Task What_was_acknowledged_after_the_link_was_lost_does_not_come_again()
    {
        await using TestCluster cluster = await TestCluster.StartAsync();
        await cluster.DeclareAsync(1, "q");
        WireClient publisher = await cluster.ConnectAsync(1);
        for (int count = 0; count < 3; count++)
            publisher.AddPublish(1, "", "q", "m"u8);
        await publisher.FlushAsync();
        WireClient client = await cluster.ConnectAsync(0);
        await client.ConsumeAsync(1, "q", "c");
        for (int count = 0; count < 3; count++)
            await client.ExpectAsync(MethodId.BasicDeliver);
        cluster.Network.IsDown = true;
        await Eventually.True(() => !cluster.Nodes[0].Peers.IsUp(cluster.Nodes[1].Id));
        // Before anybody has lost patience: it goes to the line, which never sends it.
        client.Add(1, new BasicAck(2, multiple: true));
        await client.FlushAsync();
        await client.CallAsync(1, new BasicQos(0, prefetchCount: 9, global: false), MethodId.BasicQosOk);
        cluster.Advance(new LineOptions().Patience + TimeSpan.FromMilliseconds(500));
        await client.ExpectAsync(MethodId.BasicCancel);
        cluster.Network.IsDown = false;
        await cluster.Holds(1, "q", ready: 1, unacked: 0);
    }

    [Fact]
    public async Task Without_confirms_a_message_for_several_queues_that_one_cannot_take_ends_the_channel()
    {
        await using TestCluster cluster = await TestCluster.StartAsync();
        await cluster.DeclareAsync(1, "far", durable: true);
        await cluster.DeclareAsync(0, "near", durable: true);
        await cluster.DeclareAsync(0, "too", durable: true);
        WireClient client = await cluster.ConnectAsync(0);
        foreach (string queue in (string[])["far", "near", "too"])
        {
            await client.CallAsync(
                1, new QueueBind(queue, "amq.fanout", "", noWait: false, FieldTable.Empty), MethodId.QueueBindOk);
        }
        cluster.Network.IsDown = true;
        await Eventually.True(() => !cluster.Nodes[0].Peers.IsUp(cluster.Nodes[1].Id));
        cluster.Advance(new LineOptions().Patience + TimeSpan.FromMilliseconds(500));
        // Long enough that the queues of this node have it once for them both.
        client.AddPublish(
            1, "amq.fanout", "", new byte[10_000], new BasicProperties { DeliveryMode = 2 }.ToArray());
        await client.FlushAsync();
        Assert.StartsWith(
            "404 NOT_FOUND - home node", (await client.ExpectAsync(MethodId.ChannelClose)).CloseReason,
            StringComparison.Ordinal);
    }

    private static async Task<List<string>> TakeAsync(WireClient client, int messages)
    {
        var bodies = new List<string>();
        while (bodies.Count < messages)
        {
            Received delivery = await client.ExpectAsync(MethodId.BasicDeliver);
            bodies.Add(System.Text.Encoding.UTF8.GetString(delivery.Body));
        }
        return bodies;
    }
}
