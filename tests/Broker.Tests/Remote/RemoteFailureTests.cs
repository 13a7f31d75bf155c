using System.Globalization;
using Warren.Amqp;
using Warren.Broker.Queues.Remote;
using Warren.Cluster.Incidents;
using Warren.Storage.Disk;
using Warren.Wire;
using Xunit;

namespace Warren.Broker.Tests.Remote;

/// <summary>The home of a queue is away, comes back, or comes back as another process.</summary>
public sealed class RemoteFailureTests
{
    private static readonly TimeSpan Patience = new LineOptions().Patience + TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan HomePatience = new LineOptions().HomePatience + TimeSpan.FromMilliseconds(500);

    [Fact]
    public async Task What_was_not_answered_by_a_process_that_died_is_nacked()
    {
        await using TestCluster cluster = await TestCluster.StartAsync();
        await cluster.DeclareAsync(1, "q", durable: true);
        WireClient client = await ConfirmingAsync(cluster, 0);
        Publish(client, "q", "safe");
        await client.FlushAsync();
        await client.ExpectAsync(MethodId.BasicAck);
        cluster.Nodes[1].Peers.Filter = kind => kind != LineFrame.Posts;
        Publish(client, "q", "lost");
        await client.FlushAsync();
        await Eventually.True(() => cluster.Nodes[1].Peers.Arrived.GetValueOrDefault(LineFrame.Posts) >= 2);
        await cluster.RestartAsync(1);
        Assert.Equal(2UL, (await client.ExpectAsync(MethodId.BasicNack)).Sequence);
        Publish(client, "q", "new");
        await client.FlushAsync();
        Assert.Equal(3UL, (await client.ExpectAsync(MethodId.BasicAck)).Sequence);
        Assert.Equal(["safe", "new"], await DrainAsync(client, "q"));
    }

    [Fact]
    public async Task Confirmed_but_not_synced_is_nothing_that_exists()
    {
        await using TestCluster cluster = await TestCluster.StartAsync();
        await cluster.DeclareAsync(1, "q", durable: true);
        WireClient client = await ConfirmingAsync(cluster, 0);
        int sent = 0;
        for (int round = 0; round < 5; round++)
        {
            for (int count = 0; count < 200; count++)
                Publish(client, "q", $"{++sent}");
            await client.FlushAsync();
        }
        var accepted = new SortedSet<int>();
        var refused = new HashSet<int>();
        Task restart = Task.Run(() => cluster.RestartAsync(1));
        while (accepted.Count + refused.Count < sent)
        {
            Received verdict = await client.NextAsync();
            int last = (int)verdict.Sequence;
            // What was told before is not told again by one that covers several.
            for (int number = verdict.IsMultiple ? 1 : last; number <= last; number++)
            {
                if (accepted.Contains(number) || refused.Contains(number))
                    continue;
                if (verdict.Method == MethodId.BasicNack)
                    refused.Add(number);
                else
                    accepted.Add(number);
            }
        }
        await restart;
        List<string> there = await DrainAsync(client, "q");
        Assert.Empty(accepted.Select(number => $"{number}").Except(there));
        Assert.Equal(there.OrderBy(text => int.Parse(text, CultureInfo.InvariantCulture)), there);
        Assert.Equal(there.Count, there.Distinct().Count());
    }

    [Fact]
    public async Task A_line_whose_beginning_went_with_the_link_begins_once_more()
    {
        await using TestCluster cluster = await TestCluster.StartAsync();
        await cluster.DeclareAsync(1, "q");
        WireClient client = await ConfirmingAsync(cluster, 0);
        TestPeers home = cluster.Nodes[1].Peers;
        home.Filter = kind => kind != LineFrame.Posts;
        Publish(client, "q", "first");
        await client.FlushAsync();
        await Eventually.True(() => home.Arrived.ContainsKey(LineFrame.Posts));
        // What comes behind it is of a line that has not begun there, which is no line that is over.
        home.Filter = null;
        Publish(client, "q", "second");
        await client.FlushAsync();
        await Eventually.True(() => home.Arrived[LineFrame.Posts] >= 2);
        await Task.Delay(20);
        Assert.False(cluster.Nodes[0].Peers.Arrived.ContainsKey(LineFrame.Closed));
        cluster.Network.Cut();
        for (Received? verdict = null; verdict is not { Sequence: 2 };)
            verdict = await client.ExpectAsync(MethodId.BasicAck);
        Assert.Equal(["first", "second"], await DrainAsync(client, "q"));
    }

    [Fact]
    public async Task A_restarted_home_cancels_consumers_and_hands_everything_out_again()
    {
        await using TestCluster cluster = await TestCluster.StartAsync();
        await cluster.DeclareAsync(1, "q", durable: true);
        WireClient client = await ConfirmingAsync(cluster, 0);
        Publish(client, "q", "m");
        await client.FlushAsync();
        await client.ExpectAsync(MethodId.BasicAck);
        await client.ConsumeAsync(1, "q", "c");
        Received delivery = await client.ExpectAsync(MethodId.BasicDeliver);
        await cluster.RestartAsync(1);
        await client.ExpectAsync(MethodId.BasicCancel);
        // Its position may name another message in the new process: such an acknowledgement counts for nothing.
        await client.SendAsync(1, new BasicAck(delivery.DeliveryTag, multiple: false));
        await client.ConsumeAsync(1, "q", "c");
        Received again = await client.ExpectAsync(MethodId.BasicDeliver);
        Assert.True(again.IsRedelivered);
        await client.SendAsync(1, new BasicAck(again.DeliveryTag, multiple: false));
        await cluster.Holds(1, "q", ready: 0, unacked: 0);
    }

    [Fact]
    public async Task While_the_home_is_away_clients_are_told_so_to_the_letter()
    {
        const string Away =
            "404 NOT_FOUND - home node 'rabbit@n1' of durable queue 'q' in vhost '/' is down or inaccessible";
        await using TestCluster cluster = await TestCluster.StartAsync();
        await cluster.DeclareAsync(1, "q", durable: true);
        WireClient consumer = await cluster.ConnectAsync(0);
        await consumer.ConsumeAsync(1, "q", "c");
        WireClient waiting = await cluster.ConnectAsync(0);
        WireClient publisher = await ConfirmingAsync(cluster, 0);
        cluster.Network.IsDown = true;
        await Eventually.True(() => !cluster.Nodes[0].Peers.IsUp(cluster.Nodes[1].Id));
        Task<Received> asked = waiting.CallAsync(1, Passive("q"), MethodId.ChannelClose);
        Publish(publisher, "q", "in between");
        await publisher.FlushAsync();
        await Task.Delay(20);
        Assert.False(asked.IsCompleted);
        cluster.Advance(Patience);
        Assert.Equal(Away, (await asked).CloseReason);
        Assert.Equal(1UL, (await publisher.ExpectAsync(MethodId.BasicNack)).Sequence);
        await consumer.ExpectAsync(MethodId.BasicCancel);

        Publish(publisher, "q", "nobody has it");
        await publisher.FlushAsync();
        Assert.Equal(2UL, (await publisher.ExpectAsync(MethodId.BasicNack)).Sequence);
        publisher.AddPublish(1, "", "q", "back"u8, mandatory: true);
        await publisher.FlushAsync();
        Assert.Equal("back"u8.ToArray(), (await publisher.ExpectAsync(MethodId.BasicReturn)).Body);
        Assert.Equal(3UL, (await publisher.ExpectAsync(MethodId.BasicNack)).Sequence);
        await Eventually.True(() => cluster.Nodes[0].Incidents
            .Where(static one => one is { Kind: IncidentKind.LeaderLost, Subject: "/ q" })
            .Sum(static one => one.Count) == 3);

        WireClient client = await cluster.ConnectAsync(0);
        Assert.Equal(Away, await RefusedAsync(client, 2, c => c.Add(2, Passive("q"))));
        Assert.Equal(Away, await RefusedAsync(client, 3, c => c.Add(3, new QueueDeclare(
            "q", false, durable: true, false, false, false, FieldTable.Empty))));
        Assert.Equal(Away, await RefusedAsync(client, 4, c => c.Add(4, WireClient.Consume("q", "x", false, false))));
        Assert.Equal(Away, await RefusedAsync(client, 5, c => c.Add(5, new BasicGet("q", noAck: true))));
        Assert.Equal(Away, await RefusedAsync(client, 6, c => c.Add(6, new QueuePurge("q", noWait: false))));
        Assert.Equal(Away, await RefusedAsync(client, 7, c => c.Add(7, new QueueDelete("q", false, false, false))));
        Assert.Equal(Away, await RefusedAsync(client, 8, c => c.Add(8, new QueueBind(
            "q", "amq.fanout", "", false, FieldTable.Empty))));
        Assert.Equal(Away, await RefusedAsync(client, 9, c => c.AddPublish(9, "", "q", "without confirms"u8)));
        client.AddPublish(1, "", "q", "m"u8, mandatory: true);
        await client.FlushAsync();
        await client.ExpectAsync(MethodId.BasicReturn);

        cluster.Network.IsDown = false;
        await cluster.LinksAreUp();
        Publish(publisher, "q", "there again");
        await publisher.FlushAsync();
        Assert.Equal(4UL, (await publisher.ExpectAsync(MethodId.BasicAck)).Sequence);
        List<string> there = await DrainAsync(client, "q");
        Assert.Equal("there again", there[^1]);
        // What was nacked may be there, but none of it twice and nothing that was returned.
        Assert.True(there.Count <= 2 && !there.Contains("back"), string.Join(", ", there));
    }

    [Fact]
    public async Task A_late_acknowledgement_settles_and_a_late_nack_does_nothing()
    {
        await using TestCluster cluster = await TestCluster.StartAsync();
        await cluster.DeclareAsync(1, "q");
        WireClient client = await ConfirmingAsync(cluster, 0);
        foreach (string body in (string[])["a", "b", "c", "d"])
            Publish(client, "q", body);
        await client.FlushAsync();
        WireClient consumer = await cluster.ConnectAsync(0);
        await consumer.ConsumeAsync(1, "q", "c");
        for (int count = 0; count < 4; count++)
            await consumer.ExpectAsync(MethodId.BasicDeliver);
        cluster.Network.IsDown = true;
        await Eventually.True(() => !cluster.Nodes[1].Peers.IsUp(cluster.Nodes[0].Id));
        cluster.Advance(Patience);
        await consumer.ExpectAsync(MethodId.BasicCancel);
        // The home waits longer: it still holds them for the client.
        await cluster.Holds(1, "q", ready: 0, unacked: 4);
        cluster.Advance(HomePatience);
        await cluster.Holds(1, "q", ready: 4, unacked: 0);
        WireClient other = await cluster.ConnectAsync(1);
        Received first = await other.CallAsync(1, new BasicGet("q", noAck: false), MethodId.BasicGetOk);
        Assert.Equal("a"u8.ToArray(), first.Body);
        Assert.True(first.IsRedelivered);
        // a is with another client, b is ready.
        consumer.Add(1, new BasicAck(1, multiple: false));
        consumer.Add(1, new BasicAck(2, multiple: false));
        consumer.Add(1, new BasicNack(3, multiple: false, requeue: false));
        consumer.Add(1, new BasicNack(4, multiple: false, requeue: true));
        await consumer.FlushAsync();
        cluster.Network.IsDown = false;
        await cluster.LinksAreUp();
        await cluster.Holds(1, "q", ready: 2, unacked: 0);
        Assert.Equal(["c", "d"], await DrainAsync(consumer, "q"));
        // Its own settlement of what another has acknowledged is ignored.
        await other.SendAsync(1, new BasicNack(first.DeliveryTag, multiple: false, requeue: true));
        Assert.Equal(0u, (await other.CallAsync(1, Passive("q"), MethodId.QueueDeclareOk)).MessageCount);
    }

    [Fact]
    public async Task What_a_lost_node_held_comes_back_uncounted()
    {
        await using TestCluster cluster = await TestCluster.StartAsync();
        // Its one member is on the other node.
        var arguments = new FieldTable
        {
            ["x-queue-type"] = FieldValue.Of("quorum"),
            ["x-quorum-initial-group-size"] = FieldValue.Of(1),
        };
        await cluster.DeclareAsync(1, "q", arguments, durable: true);
        WireClient client = await ConfirmingAsync(cluster, 0);
        Publish(client, "q", "m");
        await client.FlushAsync();
        await client.ExpectAsync(MethodId.BasicAck);
        await client.ConsumeAsync(1, "q", "c");
        await client.ExpectAsync(MethodId.BasicDeliver);
        await cluster.KillAsync(0);
        cluster.Advance(HomePatience);
        await cluster.Holds(1, "q", ready: 1, unacked: 0);
        WireClient other = await cluster.ConnectAsync(1);
        Received again = await other.CallAsync(1, new BasicGet("q", noAck: true), MethodId.BasicGetOk);
        Assert.True(again.IsRedelivered);
        FieldValue count = BasicProperties.Decode(again.Properties).Headers!["x-delivery-count"];
        Assert.True(count.TryGetInteger(out long returns) && returns == 0, $"{returns}");
        cluster.Nodes.RemoveAt(0);
    }

    [Fact]
    public async Task The_single_active_consumer_changes_when_its_node_has_given_up()
    {
        await using TestCluster cluster = await TestCluster.StartAsync();
        // The node that goes on publishing is the one that decides: another holds publishes while it is cut off.
        await cluster.DeclareAsync(
            0, "q", new FieldTable { ["x-single-active-consumer"] = FieldValue.Of(true) });
        WireClient far = await cluster.ConnectAsync(1);
        await far.ConsumeAsync(1, "q", "far");
        WireClient near = await cluster.ConnectAsync(0);
        await near.ConsumeAsync(1, "q", "near");
        cluster.Network.IsDown = true;
        await Eventually.True(() => !cluster.Nodes[0].Peers.IsUp(cluster.Nodes[1].Id));
        near.AddPublish(1, "", "q", "m"u8);
        await near.FlushAsync();
        cluster.Advance(Patience);
        await far.ExpectAsync(MethodId.BasicCancel);
        Assert.Equal(2, cluster.Home(0, "q").ConsumerCount);
        cluster.Advance(HomePatience);
        Received delivery = await near.ExpectAsync(MethodId.BasicDeliver);
        Assert.Equal("near", delivery.ConsumerTag);
    }

    [Fact]
    public async Task A_dead_letter_stays_in_its_durable_source_until_the_other_node_has_it()
    {
        await using TestCluster cluster = await TestCluster.StartAsync();
        await cluster.DeclareAsync(1, "dead", durable: true);
        await cluster.DeclareAsync(0, "source", DeadLettersTo("dead"), durable: true);
        WireClient client = await ConfirmingAsync(cluster, 0);
        Publish(client, "source", "m");
        await client.FlushAsync();
        await client.ExpectAsync(MethodId.BasicAck);
        cluster.Network.IsDown = true;
        await Eventually.True(() => !cluster.Nodes[0].Peers.IsUp(cluster.Nodes[1].Id));
        Received got = await client.CallAsync(1, new BasicGet("source", noAck: false), MethodId.BasicGetOk);
        await client.SendAsync(1, new BasicReject(got.DeliveryTag, requeue: false));
        await cluster.Holds(0, "source", ready: 0, unacked: 0);
        cluster.Advance(Patience);
        // A crash now: the message is where it was.
        FaultyDisk found = await cluster.KillAsync(0);
        cluster.Network.IsDown = false;
        await cluster.StartAgainAsync(0, found);
        await cluster.Holds(0, "source", ready: 1, unacked: 0);
        client = await cluster.ConnectAsync(0);
        got = await client.CallAsync(1, new BasicGet("source", noAck: false), MethodId.BasicGetOk);
        cluster.Network.IsDown = true;
        await client.SendAsync(1, new BasicReject(got.DeliveryTag, requeue: false));
        await cluster.Holds(0, "source", ready: 0, unacked: 0);
        cluster.Advance(Patience);
        cluster.Network.IsDown = false;
        await cluster.LinksAreUp();
        await cluster.Holds(1, "dead", ready: 1, unacked: 0);
        // It has arrived, and is gone from its source for good.
        await Eventually.True(() => cluster.Nodes[0].Broker.Storage!.DurableLsn > default(Storage.Lsn));
        await Task.Delay(100);
        await cluster.RestartAsync(0);
        await cluster.Holds(0, "source", ready: 0, unacked: 0);
        await cluster.Holds(1, "dead", ready: 1, unacked: 0);
    }

    [Fact]
    public async Task A_home_that_knows_a_queue_later_than_its_clients_takes_what_they_sent()
    {
        await using TestCluster cluster = await TestCluster.StartPlacingAsync();
        cluster.HoldsSpreading = true;
        WireClient client = await ConfirmingAsync(cluster, 0);
        await TestCluster.DeclareUnansweredAsync(client, "q");
        Publish(client, "q", "m");
        await client.FlushAsync();
        await Eventually.True(() => cluster.Nodes[1].Peers.Arrived.GetValueOrDefault(LineFrame.Posts) >= 1);
        await Task.Delay(20);
        cluster.HoldsSpreading = false;
        await client.ExpectAsync(MethodId.BasicAck);
        await cluster.Holds(1, "q", ready: 1, unacked: 0);
        // And one that knows it no more says so: as for a message that was routed nowhere.
        cluster.HoldsSpreading = true;
        WireClient other = await cluster.ConnectAsync(0);
        Task<Received> deleted = other.CallAsync(1, new QueueDelete("q", false, false, false), MethodId.QueueDeleteOk);
        await Eventually.True(() => cluster.Home(1, "q").Machine.IsClosed);
        await Eventually.True(() => TestCluster.Find(cluster.Nodes[0], "q") is null);
        cluster.HoldsSpreading = false;
        await deleted;
        await cluster.IsGone("q");
    }

    private static FieldTable DeadLettersTo(string queue) => new()
    {
        ["x-dead-letter-exchange"] = FieldValue.Of(""),
        ["x-dead-letter-routing-key"] = FieldValue.Of(queue),
    };

    private static QueueDeclare Passive(string queue) => new(
        queue, passive: true, durable: false, exclusive: false, autoDelete: false, noWait: false, FieldTable.Empty);

    private static async Task<WireClient> ConfirmingAsync(TestCluster cluster, int node)
    {
        WireClient client = await cluster.ConnectAsync(node);
        await client.CallAsync(1, new ConfirmSelect(noWait: false), MethodId.ConfirmSelectOk);
        return client;
    }

    private static void Publish(WireClient client, string queue, string body) => client.AddPublish(
        1, "", queue, WireClient.Bytes(body), new BasicProperties { DeliveryMode = 2 }.ToArray());

    private static async Task<string> RefusedAsync(WireClient client, ushort channel, Action<WireClient> add)
    {
        await client.OpenChannelAsync(channel);
        add(client);
        await client.FlushAsync();
        string text = (await client.ExpectAsync(MethodId.ChannelClose)).CloseReason;
        await client.SendAsync(channel, new ChannelCloseOk());
        return text;
    }

    private static async Task<List<string>> DrainAsync(WireClient client, string queue)
    {
        var bodies = new List<string>();
        while (true)
        {
            await client.SendAsync(1, new BasicGet(queue, noAck: true));
            Received got = await client.NextAsync();
            if (got.Method == MethodId.BasicGetEmpty)
                return bodies;
            if (got.Method == MethodId.BasicGetOk)
                bodies.Add(System.Text.Encoding.UTF8.GetString(got.Body));
            else
                Assert.Fail($"unexpected: {got}");
        }
    }
}
