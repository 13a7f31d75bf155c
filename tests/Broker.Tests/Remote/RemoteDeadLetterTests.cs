using Warren.Amqp;
using Warren.Broker.Queues;
using Warren.Wire;
using Xunit;

namespace Warren.Broker.Tests.Remote;

/// <summary>A queue whose dead letters have enough on their way to a node that is away.</summary>
public sealed class RemoteDeadLetterTests
{
    private const int MiB = 1024 * 1024;

    private static readonly byte[] Persistent = new BasicProperties { DeliveryMode = 2 }.ToArray();

    private static readonly byte[] Expiring = new BasicProperties
    {
        DeliveryMode = 2,
        Expiration = "1000",
    }.ToArray();

    [Fact]
    public async Task Its_consumers_are_served()
    {
        await using TestCluster cluster = await StartAsync([]);
        WireClient client = await cluster.ConnectAsync(0);
        await HoldUpAsync(cluster, client);
        client.AddPublish(1, "", "source", "m"u8, Persistent);
        await client.FlushAsync();
        Received delivery = await client.ExpectAsync(MethodId.BasicDeliver);
        Assert.Equal("m"u8.ToArray(), delivery.Body);
        await client.SendAsync(1, new BasicAck(delivery.DeliveryTag, multiple: false));
        await cluster.Holds(0, "source", ready: 0, unacked: 0);
        await MendAsync(cluster, dead: 3);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_has_expired_there_stands_before_nobody(bool gets)
    {
        const int Expired = 30;
        await using TestCluster cluster = await StartAsync([]);
        WireClient client = await cluster.ConnectAsync(0);
        await HoldUpAsync(cluster, client);
        await client.CallAsync(1, new BasicCancel("c", noWait: false), MethodId.BasicCancelOk);
        for (int count = 0; count < Expired; count++)
            client.AddPublish(1, "", "source", new byte[MiB / 4], Expiring);
        client.AddPublish(1, "", "source", "m"u8, Persistent);
        await client.FlushInBackground().WaitAsync(Eventually.Patience);
        await cluster.Holds(0, "source", ready: Expired + 1, unacked: 0);
        cluster.Advance(TimeSpan.FromSeconds(2));
        Received got;
        if (gets)
        {
            got = await client.CallAsync(1, new BasicGet("source", noAck: true), MethodId.BasicGetOk);
        }
        else
        {
            await client.ConsumeAsync(1, "source", "other", noAck: true);
            got = await client.ExpectAsync(MethodId.BasicDeliver);
        }
        Assert.Equal("m"u8.ToArray(), got.Body);
        await cluster.Holds(0, "source", ready: 0, unacked: Expired);
        await MendAsync(cluster, dead: 3 + Expired);
        await cluster.Holds(0, "source", ready: 0, unacked: 0);
    }

    [Fact]
    public async Task It_takes_in_no_more_when_it_is_far_over_its_limit()
    {
        await using TestCluster cluster = await StartAsync(new FieldTable { ["x-max-length"] = FieldValue.Of(2) });
        WireClient client = await cluster.ConnectAsync(0);
        await HoldUpAsync(cluster, client);
        await client.CallAsync(1, new BasicCancel("c", noWait: false), MethodId.BasicCancelOk);
        await client.CallAsync(1, new ConfirmSelect(noWait: false), MethodId.ConfirmSelectOk);
        int taken = 0;
        for (ulong sequence = 1; sequence <= 30; sequence++)
        {
            client.AddPublish(1, "", "source", new byte[MiB], Persistent);
            await client.FlushInBackground().WaitAsync(Eventually.Patience);
            Received verdict = await client.NextAsync();
            Assert.Equal(sequence, verdict.Sequence);
            taken += verdict.Method == MethodId.BasicAck ? 1 : 0;
        }
        Assert.Equal(2 + 16, taken);
        Assert.Equal(taken, cluster.Home(0, "source").ReadyCount);
        await MendAsync(cluster, dead: 3 + taken - 2);
        await cluster.Holds(0, "source", ready: 2, unacked: 0);
        client.AddPublish(1, "", "source", "m"u8, Persistent);
        await client.FlushAsync();
        await client.ExpectAsync(MethodId.BasicAck);
    }

    [Fact]
    public async Task What_has_expired_and_cannot_go_is_no_way_around_the_limit()
    {
        await using TestCluster cluster = await StartAsync(new FieldTable { ["x-max-length"] = FieldValue.Of(100) });
        WireClient client = await cluster.ConnectAsync(0);
        await HoldUpAsync(cluster, client);
        await client.CallAsync(1, new BasicCancel("c", noWait: false), MethodId.BasicCancelOk);
        await client.CallAsync(1, new ConfirmSelect(noWait: false), MethodId.ConfirmSelectOk);
        byte[] expiring = new BasicProperties { DeliveryMode = 2, Expiration = "1" }.ToArray();
        int taken = 0;
        for (Received? verdict = null; verdict?.Method != MethodId.BasicNack; taken++)
        {
            Assert.InRange(taken, 0, 30);
            client.AddPublish(1, "", "source", new byte[MiB], expiring);
            await client.FlushInBackground().WaitAsync(Eventually.Patience);
            verdict = await client.NextAsync();
            cluster.Advance(TimeSpan.FromMilliseconds(100));
            // Whoever wants one puts all aside that has expired.
            await client.CallAsync(1, new BasicGet("source", noAck: true), MethodId.BasicGetEmpty);
        }
        Assert.InRange(taken - 1, 16, 18);
        Assert.Equal(0, cluster.Home(0, "source").ReadyCount);
        await MendAsync(cluster, dead: 3 + taken - 1);
    }

    [Fact]
    public async Task Nobody_gets_and_rejects_without_end()
    {
        await using TestCluster cluster = await StartAsync([]);
        WireClient client = await cluster.ConnectAsync(0);
        await HoldUpAsync(cluster, client);
        await client.CallAsync(1, new BasicCancel("c", noWait: false), MethodId.BasicCancelOk);
        await client.OpenChannelAsync(2);
        for (int count = 0; count < 5; count++)
            client.AddPublish(1, "", "source", new byte[MiB], Persistent);
        await client.FlushInBackground().WaitAsync(Eventually.Patience);
        Queue source = cluster.Home(0, "source");
        await cluster.Holds(0, "source", ready: 5, unacked: 0);
        int rejected = 0;
        while (true)
        {
            // In the queue's order the get comes first.
            client.Add(1, new BasicGet("source", noAck: false))
                .Add(2, new QueueDeclare("source", passive: true, true, false, false, false, FieldTable.Empty));
            await client.FlushAsync();
            Received got = await client.NextAsync();
            if (got.Method == MethodId.QueueDeclareOk)
                break;
            Assert.InRange(++rejected, 1, 2);
            await client.ExpectAsync(MethodId.QueueDeclareOk);
            await client.SendAsync(1, new BasicReject(got.DeliveryTag, requeue: false));
            await Eventually.True(() => source.Totals.Rejected == 3 + rejected);
            // The next turn counts what this one has sent.
            cluster.Advance(TimeSpan.FromMilliseconds(500));
        }
        await MendAsync(cluster, dead: 3 + rejected);
        await client.ExpectAsync(MethodId.BasicGetOk);
        await cluster.Holds(0, "source", ready: 5 - rejected - 1, unacked: 1);
    }

    // Queue "source" on the first node, whose dead letters go to "dead" on the second.
    private static async Task<TestCluster> StartAsync(FieldTable arguments)
    {
        TestCluster cluster = await TestCluster.StartAsync();
        await cluster.DeclareAsync(1, "dead", durable: true);
        arguments["x-dead-letter-exchange"] = FieldValue.Of("");
        arguments["x-dead-letter-routing-key"] = FieldValue.Of("dead");
        await cluster.DeclareAsync(0, "source", arguments, durable: true);
        return cluster;
    }

    // The second node is away, and three messages of 1 MiB wait for it.
    private static async Task HoldUpAsync(TestCluster cluster, WireClient client)
    {
        cluster.Network.IsDown = true;
        await Eventually.True(() => !cluster.Nodes[0].Peers.IsUp(cluster.Nodes[1].Id));
        await client.ConsumeAsync(1, "source", "c");
        for (int count = 0; count < 3; count++)
        {
            client.AddPublish(1, "", "source", new byte[MiB], Persistent);
            await client.FlushInBackground().WaitAsync(Eventually.Patience);
            Received delivery = await client.ExpectAsync(MethodId.BasicDeliver);
            await client.SendAsync(1, new BasicReject(delivery.DeliveryTag, requeue: false));
            // Two of them fill it. The source finds it full when it sends the next.
            if (count == 1)
                await Eventually.True(() => cluster.StandIn(0, "dead").IsFull);
        }
        Queue source = cluster.Home(0, "source");
        await Eventually.True(() => source.Totals.Rejected == 3);
        // The source looks again soon. Not so long that the other node counts as away, however late its turn comes.
        for (int times = 0; times < 10; times++)
            cluster.Advance(TimeSpan.FromMilliseconds(100));
        await Eventually.True(() => source.Machine.CutOff.HoldsDeadLetters);
    }

    private static async Task MendAsync(TestCluster cluster, int dead)
    {
        cluster.Network.IsDown = false;
        await cluster.LinksAreUp();
        await Eventually.True(() =>
        {
            cluster.Advance(TimeSpan.FromMilliseconds(100));
            return cluster.Home(1, "dead").ReadyCount == dead;
        });
    }
}
