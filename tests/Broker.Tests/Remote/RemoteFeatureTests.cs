using Warren.Amqp;
using Warren.Broker.Queues;
using Warren.Broker.Queues.Remote;
using Warren.Wire;
using Xunit;

namespace Warren.Broker.Tests.Remote;

/// <summary>What goes between nodes beside plain publishing and consuming.</summary>
public sealed class RemoteFeatureTests
{
    [Fact]
    public async Task A_shared_prefetch_holds_over_queues_of_both_nodes()
    {
        await using TestCluster cluster = await TestCluster.StartAsync();
        await cluster.DeclareAsync(0, "near");
        await cluster.DeclareAsync(1, "far");
        WireClient client = await cluster.ConnectAsync(0);
        for (int count = 0; count < 100; count++)
        {
            client.AddPublish(1, "", "near", "n"u8);
            client.AddPublish(1, "", "far", "f"u8);
        }
        await client.FlushAsync();
        await cluster.Holds(1, "far", ready: 100, unacked: 0);
        await client.CallAsync(1, new BasicQos(0, 3, global: true), MethodId.BasicQosOk);
        await client.SendAsync(1, WireClient.Consume("far", "far", noAck: false, noWait: true));
        await client.SendAsync(1, WireClient.Consume("near", "near", noAck: false, noWait: true));
        var held = new Queue<ulong>();
        for (int count = 0; count < 200; count++)
        {
            held.Enqueue((await client.ExpectAsync(MethodId.BasicDeliver)).DeliveryTag);
            int out_ = cluster.Home(0, "near").UnackedCount + cluster.Home(1, "far").UnackedCount;
            // What is acknowledged is free here before its queue knows.
            Assert.InRange(held.Count, 1, 3);
            Assert.InRange(out_, 0, 3 + count);
            if (held.Count == 3 || count >= 197)
                await client.SendAsync(1, new BasicAck(held.Dequeue(), multiple: false));
        }
        while (held.TryDequeue(out ulong tag))
            await client.SendAsync(1, new BasicAck(tag, multiple: false));
        await cluster.Holds(1, "far", ready: 0, unacked: 0);
        await cluster.Holds(0, "near", ready: 0, unacked: 0);
        // No place was lost on the way: three at once are still possible, and without a limit all.
        for (int count = 0; count < 10; count++)
            client.AddPublish(1, "", "far", "f"u8);
        await client.FlushAsync();
        for (int count = 0; count < 3; count++)
            await client.ExpectAsync(MethodId.BasicDeliver);
        await cluster.Holds(1, "far", ready: 7, unacked: 3);
        client.Add(1, new BasicQos(0, 0, global: true));
        await client.FlushAsync();
        for (int count = 0; count < 8; count++)
            await client.NextAsync();
        await cluster.Holds(1, "far", ready: 0, unacked: 10);
    }

    [Fact]
    public async Task Places_that_a_queue_does_not_need_are_others()
    {
        await using TestCluster cluster = await TestCluster.StartAsync();
        await cluster.DeclareAsync(0, "near");
        await cluster.DeclareAsync(1, "far");
        WireClient client = await cluster.ConnectAsync(0);
        await client.CallAsync(1, new BasicQos(0, 10, global: true), MethodId.BasicQosOk);
        await client.ConsumeAsync(1, "far", "far");
        await client.ConsumeAsync(1, "near", "near");
        client.AddPublish(1, "", "far", "f"u8);
        await client.FlushAsync();
        await client.ExpectAsync(MethodId.BasicDeliver);
        for (int count = 0; count < 100; count++)
            client.AddPublish(1, "", "near", "n"u8);
        await client.FlushAsync();
        for (int count = 0; count < 9; count++)
            await client.ExpectAsync(MethodId.BasicDeliver);
        await cluster.Holds(0, "near", ready: 91, unacked: 9);
        await cluster.Holds(1, "far", ready: 0, unacked: 1);
        // And after the line is over as well.
        cluster.Network.IsDown = true;
        await Eventually.True(() => !cluster.Nodes[0].Peers.IsUp(cluster.Nodes[1].Id));
        cluster.Advance(TimeSpan.FromSeconds(3));
        await client.ExpectAsync(MethodId.BasicCancel);
        await client.SendAsync(1, new BasicAck(0, multiple: true));
        for (int count = 0; count < 10; count++)
            await client.ExpectAsync(MethodId.BasicDeliver);
        await cluster.Holds(0, "near", ready: 81, unacked: 10);
    }

    [Fact]
    public async Task A_request_does_not_overtake_what_was_settled_before()
    {
        await using TestCluster cluster = await TestCluster.StartAsync();
        await cluster.DeclareAsync(1, "q");
        WireClient client = await cluster.ConnectAsync(0);
        client.AddPublish(1, "", "q", "m"u8);
        await client.FlushAsync();
        Received got = await client.CallAsync(1, new BasicGet("q", noAck: false), MethodId.BasicGetOk);
        // Settlements are lost on the way, and come again when the link is a new one.
        cluster.Nodes[1].Peers.Filter = kind => kind != LineFrame.Settlements;
        await client.SendAsync(1, new BasicNack(got.DeliveryTag, multiple: false, requeue: true));
        await Eventually.True(() => cluster.Nodes[1].Peers.Arrived.GetValueOrDefault(LineFrame.Settlements) > 0);
        long posts = cluster.Nodes[1].Peers.Arrived.GetValueOrDefault(LineFrame.Posts);
        Task<Received> again = client.CallAsync(1, new BasicGet("q", noAck: false), MethodId.BasicGetOk);
        await Eventually.True(() => cluster.Nodes[1].Peers.Arrived.GetValueOrDefault(LineFrame.Posts) > posts);
        await Task.Delay(20);
        Assert.False(again.IsCompleted);
        cluster.Nodes[1].Peers.Filter = null;
        cluster.Network.Cut();
        Assert.True((await again).IsRedelivered);
    }

    [Fact]
    public async Task A_direct_reply_finds_its_way_to_another_node()
    {
        await using TestCluster cluster = await TestCluster.StartAsync();
        await cluster.DeclareAsync(1, "rpc");
        WireClient client = await cluster.ConnectAsync(0);
        await client.ConsumeAsync(1, "amq.rabbitmq.reply-to", "replies", noAck: true);
        byte[] properties = new BasicProperties { ReplyTo = "amq.rabbitmq.reply-to" }.ToArray();
        client.AddPublish(1, "", "rpc", "question"u8, properties);
        await client.FlushAsync();
        WireClient server = await cluster.ConnectAsync(1);
        await server.ConsumeAsync(1, "rpc", "s", noAck: true);
        Received question = await server.ExpectAsync(MethodId.BasicDeliver);
        string address = BasicProperties.Decode(question.Properties).ReplyTo!;
        Assert.StartsWith($"amq.rabbitmq.reply-to.{TestCluster.IdOf(0).Value:N}.", address, StringComparison.Ordinal);
        byte[] large = new byte[300_000];
        new Random(2).NextBytes(large);
        server.AddPublish(1, "", address, "short"u8);
        server.AddPublish(1, "", address, large);
        server.AddPublish(1, "", address, "last"u8);
        await server.FlushInBackground();
        Assert.Equal("short"u8.ToArray(), (await client.ExpectAsync(MethodId.BasicDeliver)).Body);
        Assert.Equal(large, (await client.ExpectAsync(MethodId.BasicDeliver)).Body);
        Assert.Equal("last"u8.ToArray(), (await client.ExpectAsync(MethodId.BasicDeliver)).Body);
        await server.DeclareAsync(1, address, passive: true);
    }

    [Fact]
    public async Task Locators_place_queues()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(nodes: 3);
        WireClient client = await cluster.ConnectAsync(0);
        for (int number = 0; number < 9; number++)
        {
            await client.DeclareAsync(1, $"m{number}", arguments: new FieldTable
            {
                ["x-queue-master-locator"] = FieldValue.Of("min-masters"),
            });
        }
        Assert.Equal([3, 3, 3], Enumerable.Range(0, 3).Select(node => Homes(cluster, "m", node)));
        for (int number = 0; number < 3; number++)
            await client.DeclareAsync(1, $"l{number}");
        Assert.Equal(3, Homes(cluster, "l", 0));
        await cluster.Nodes[0].Broker.Administration.Policies.SetAsync(
            "/", "balanced", "^p", new FieldTable { ["queue-master-locator"] = FieldValue.Of("min-masters") });
        for (int number = 0; number < 6; number++)
            await client.DeclareAsync(1, $"p{number}");
        Assert.Equal([0, 3, 3], Enumerable.Range(0, 3).Select(node => Homes(cluster, "p", node)));
        await client.DeclareAsync(1, "l3");
        await client.DeclareAsync(1, "own", exclusive: true, arguments: new FieldTable
        {
            ["x-queue-master-locator"] = FieldValue.Of("min-masters"),
        });
        await cluster.IsKnown("own");
        Assert.Equal(1, Homes(cluster, "own", 0));
        // Another node's connection of the same number is not its owner.
        WireClient other = await cluster.ConnectAsync(1);
        Received refused = await other.CallAsync(1, new BasicGet("own", noAck: true), MethodId.ChannelClose);
        Assert.StartsWith("405 RESOURCE_LOCKED", refused.CloseReason, StringComparison.Ordinal);
        await client.CloseAsync();
        await cluster.IsGone("own");
    }

    [Fact]
    public async Task Lists_know_the_counts_of_other_nodes()
    {
        await using TestCluster cluster = await TestCluster.StartAsync();
        await cluster.DeclareAsync(1, "q");
        WireClient client = await cluster.ConnectAsync(0);
        for (int count = 0; count < 5; count++)
            client.AddPublish(1, "", "q", "12345"u8);
        await client.FlushAsync();
        await client.PrefetchAsync(1, 2);
        await client.ConsumeAsync(1, "q", "c");
        await cluster.Holds(1, "q", ready: 3, unacked: 2);
        await cluster.Nodes[0].Broker.Operations.RefreshCountsAsync(Eventually.Patience);
        RemoteQueue standIn = cluster.StandIn(0, "q");
        Assert.Equal((3, 2), (standIn.ReadyCount, standIn.UnackedCount));
        Assert.Equal((25L, 1), (standIn.MessageBytes, standIn.ConsumerCount));
        cluster.Network.IsDown = true;
        await cluster.Nodes[0].Broker.Operations.RefreshCountsAsync(TimeSpan.FromMilliseconds(50));
        Assert.Equal(3, standIn.ReadyCount);
    }

    [Fact]
    public async Task A_transaction_spans_nodes()
    {
        await using TestCluster cluster = await TestCluster.StartAsync();
        await cluster.DeclareAsync(0, "near", durable: true);
        await cluster.DeclareAsync(1, "far", durable: true);
        WireClient client = await cluster.ConnectAsync(0);
        client.AddPublish(1, "", "far", "old"u8, new BasicProperties { DeliveryMode = 2 }.ToArray());
        await client.FlushAsync();
        await cluster.Holds(1, "far", ready: 1, unacked: 0);
        await client.OpenChannelAsync(2);
        await client.CallAsync(2, new TxSelect(), MethodId.TxSelectOk);
        Received got = await client.CallAsync(2, new BasicGet("far", noAck: false), MethodId.BasicGetOk);
        client.AddPublish(2, "", "near", "new"u8, new BasicProperties { DeliveryMode = 2 }.ToArray());
        client.AddPublish(2, "", "far", "new"u8, new BasicProperties { DeliveryMode = 2 }.ToArray());
        client.Add(2, new BasicAck(got.DeliveryTag, multiple: false));
        await client.CallAsync(2, new TxRollback(), MethodId.TxRollbackOk);
        await cluster.Holds(1, "far", ready: 0, unacked: 1);
        client.AddPublish(2, "", "near", "new"u8, new BasicProperties { DeliveryMode = 2 }.ToArray());
        client.AddPublish(2, "", "far", "new"u8, new BasicProperties { DeliveryMode = 2 }.ToArray());
        client.Add(2, new BasicAck(got.DeliveryTag, multiple: false));
        await client.CallAsync(2, new TxCommit(), MethodId.TxCommitOk);
        await cluster.RestartAsync(1);
        await cluster.Holds(1, "far", ready: 1, unacked: 0);
        await cluster.Holds(0, "near", ready: 1, unacked: 0);
    }

    [Fact]
    public async Task An_overdue_consumer_loses_its_channel_on_its_own_node()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(
            options: new BrokerOptions { ConsumerTimeoutMs = 10_000, ConsumerTimeoutClosesChannel = true });
        await cluster.DeclareAsync(1, "q");
        WireClient client = await cluster.ConnectAsync(0, new Login { Heartbeat = 0 });
        await client.OpenChannelAsync(7);
        client.AddPublish(1, "", "q", "m"u8);
        await client.SendAsync(7, WireClient.Consume("q", "c", noAck: false, noWait: true));
        await client.ExpectAsync(MethodId.BasicDeliver);
        cluster.Advance(TimeSpan.FromSeconds(11));
        Received closed = await client.ExpectAsync(MethodId.ChannelClose);
        Assert.Equal(7, closed.Channel);
        Assert.StartsWith(
            "406 PRECONDITION_FAILED - delivery acknowledgement on channel 7 timed out. Timeout value used: 10000 ms.",
            closed.CloseReason, StringComparison.Ordinal);
        await cluster.Holds(1, "q", ready: 1, unacked: 0);
    }

    [Fact]
    public async Task Whoever_deletes_what_he_consumes_gets_the_answer_first()
    {
        await using TestCluster cluster = await TestCluster.StartAsync();
        await cluster.DeclareAsync(1, "q");
        WireClient client = await cluster.ConnectAsync(0);
        WireClient other = await cluster.ConnectAsync(1);
        await other.ConsumeAsync(1, "q", "o");
        await client.ConsumeAsync(1, "q", "c");
        await client.CallAsync(1, new QueueDelete("q", false, false, false), MethodId.QueueDeleteOk);
        await client.ExpectAsync(MethodId.BasicCancel);
        await other.ExpectAsync(MethodId.BasicCancel);
        await cluster.IsGone("q");
    }

    [Fact]
    public async Task An_auto_delete_queue_goes_with_its_last_consumer_on_another_node()
    {
        await using TestCluster cluster = await TestCluster.StartAsync();
        await cluster.DeclareAsync(1, "q", autoDelete: true);
        WireClient client = await cluster.ConnectAsync(0);
        await client.ConsumeAsync(1, "q", "c");
        await client.CallAsync(1, new BasicCancel("c", noWait: false), MethodId.BasicCancelOk);
        await cluster.IsGone("q");
    }

    [Fact]
    public async Task An_alarm_of_one_node_stops_publishers_of_all()
    {
        await using TestCluster cluster = await TestCluster.StartAsync();
        await cluster.DeclareAsync(1, "q");
        WireClient client = await cluster.ConnectAsync(0);
        client.AddPublish(1, "", "q", "m"u8);
        await client.FlushAsync();
        await cluster.Holds(1, "q", ready: 1, unacked: 0);
        cluster.Nodes[1].Host.UseMemory(long.MaxValue);
        Assert.Equal("low on memory", (await client.ExpectAsync(MethodId.ConnectionBlocked)).BlockedReason);
        cluster.Nodes[1].Host.UseMemory(0);
        await client.ExpectAsync(MethodId.ConnectionUnblocked);
    }

    private static int Homes(TestCluster cluster, string prefix, int node) =>
        cluster.Nodes[0].Broker.AllQueues().Count(queue =>
            queue.Name.StartsWith(prefix, StringComparison.Ordinal)
            && (queue.Home is RemoteQueue remote ? remote.HomeNode : cluster.Nodes[0].Id) == TestCluster.IdOf(node));
}
