using Warren.Amqp;
using Warren.Broker.Queues.Remote;
using Warren.Wire;
using Xunit;

namespace Warren.Broker.Tests.Remote;

/// <summary>A queue or a consumer that does not go on holds up nobody else on the link, and no memory grows.</summary>
public sealed class RemoteFlowTests
{
    private const long MostHeldBytes = 24 * 1024 * 1024;

    [Fact]
    public async Task A_queue_that_takes_nothing_stops_its_publishers_and_no_others()
    {
        await using TestCluster cluster = await TestCluster.StartPlacingAsync();
        await cluster.DeclareAsync(1, "free");
        // Their home does not know them yet: nothing that is sent there is handled. Together they may have more on the
        // way than the class of publishes holds.
        cluster.HoldsSpreading = true;
        byte[] body = new byte[50_000];
        var writing = new List<Task>();
        for (int number = 0; number < 6; number++)
        {
            WireClient stuck = await cluster.ConnectAsync(0);
            await TestCluster.DeclareUnansweredAsync(stuck, $"stuck{number}");
            for (int count = 0; count < 200; count++)
                stuck.AddPublish(1, "", $"stuck{number}", body);
            writing.Add(stuck.FlushInBackground());
        }
        await Eventually.True(() => cluster.Nodes[1].Peers.Arrived.GetValueOrDefault(LineFrame.Posts) > 6 * 15);

        WireClient free = await cluster.ConnectAsync(0);
        await free.CallAsync(1, new ConfirmSelect(noWait: false), MethodId.ConfirmSelectOk);
        for (int round = 0; round < 20; round++)
        {
            for (int count = 0; count < 100; count++)
                free.AddPublish(1, "", "free", body.AsSpan(0, 1000));
            await free.FlushAsync();
            while ((await free.ExpectAsync(MethodId.BasicAck)).Sequence < (ulong)(round + 1) * 100)
            {
            }
        }
        Assert.DoesNotContain(writing, task => task.IsCompleted);
        foreach (ClusterNode node in cluster.Nodes)
            Assert.True(node.Broker.Slabs.OutstandingBytes < MostHeldBytes, $"{node.Broker.Slabs.OutstandingBytes}");
        cluster.HoldsSpreading = false;
        await Task.WhenAll(writing).WaitAsync(Eventually.Patience);
        for (int number = 0; number < 6; number++)
        {
            await cluster.IsKnown($"stuck{number}");
            await cluster.Holds(1, $"stuck{number}", ready: 200, unacked: 0);
        }
    }

    [Fact]
    public async Task A_consumer_that_does_not_read_holds_up_no_other()
    {
        await using TestCluster cluster = await TestCluster.StartAsync();
        await cluster.DeclareAsync(1, "slow");
        await cluster.DeclareAsync(1, "quick");
        WireClient publisher = await cluster.ConnectAsync(1);
        byte[] body = new byte[100_000];
        for (int count = 0; count < 300; count++)
            publisher.AddPublish(1, "", "slow", body);
        for (int count = 0; count < 2000; count++)
            publisher.AddPublish(1, "", "quick", body.AsSpan(0, 1000));
        await publisher.FlushInBackground().WaitAsync(Eventually.Patience);
        await cluster.Holds(1, "slow", ready: 300, unacked: 0);
        long before = cluster.Nodes[0].Broker.Slabs.OutstandingBytes;
        WireClient slow = await cluster.ConnectAsync(0);
        await slow.SendAsync(1, WireClient.Consume("slow", "slow", noAck: true, noWait: true));
        await Eventually.True(() => cluster.Home(1, "slow").ReadyCount < 300);
        WireClient quick = await cluster.ConnectAsync(0);
        await quick.ConsumeAsync(1, "quick", "quick", noAck: true);
        for (int count = 0; count < 2000; count++)
            await quick.ExpectAsync(MethodId.BasicDeliver);
        Assert.True(cluster.Home(1, "slow").ReadyCount > 200, $"{cluster.Home(1, "slow").ReadyCount} ready");
        long held = cluster.Nodes[0].Broker.Slabs.OutstandingBytes - before;
        Assert.True(held < MostHeldBytes, $"{held} bytes");
        for (int count = 0; count < 300; count++)
            Assert.Equal(100_000, (await slow.ExpectAsync(MethodId.BasicDeliver)).Body.Length);
    }

    [Fact]
    public async Task Dead_letters_wait_at_their_source_for_a_target_that_takes_nothing()
    {
        await using TestCluster cluster = await TestCluster.StartPlacingAsync();
        WireClient client = await cluster.ConnectAsync(0);
        var arguments = new FieldTable
        {
            ["x-dead-letter-exchange"] = FieldValue.Of(""),
            ["x-dead-letter-routing-key"] = FieldValue.Of("dead"),
            ["x-queue-master-locator"] = FieldValue.Of("client-local"),
        };
        await client.DeclareAsync(1, "source", arguments: arguments);
        await cluster.IsKnown("source");
        cluster.HoldsSpreading = true;
        await TestCluster.DeclareUnansweredAsync(client, "dead");
        byte[] body = new byte[50_000];
        for (int count = 0; count < 400; count++)
            client.AddPublish(1, "", "source", body);
        await client.FlushInBackground().WaitAsync(Eventually.Patience);
        await cluster.Holds(0, "source", ready: 400, unacked: 0);
        WireClient rejecter = await cluster.ConnectAsync(0);
        await rejecter.PrefetchAsync(1, 5);
        await rejecter.ConsumeAsync(1, "source", "c");
        int rejected = 0;
        Task rejecting = Task.Run(async () =>
        {
            for (; rejected < 400; rejected++)
            {
                // So many fill it. The source finds it full when it sends the next, however late the other's turn is.
                if (rejected == 100)
                    await Eventually.True(() => cluster.StandIn(0, "dead").IsFull);
                Received delivery = await rejecter.ExpectAsync(MethodId.BasicDeliver);
                await rejecter.SendAsync(1, new BasicReject(delivery.DeliveryTag, requeue: false));
            }
        });
        await Eventually.True(() => cluster.StandIn(0, "dead").IsFull);
        await Task.Delay(300);
        Assert.InRange(Volatile.Read(ref rejected), 40, 200);
        Assert.True(cluster.Home(0, "source").ReadyCount > 150);
        cluster.HoldsSpreading = false;
        await cluster.IsKnown("dead");
        // The source looks now and then whether there is room.
        await Eventually.True(() =>
        {
            cluster.Advance(TimeSpan.FromMilliseconds(100));
            return rejecting.IsCompleted && cluster.Home(1, "dead").ReadyCount == 400;
        });
        await rejecting;
        await cluster.Holds(1, "dead", ready: 400, unacked: 0);
    }

    [Fact]
    public async Task Queues_that_dead_letter_to_each_other_go_on()
    {
        await using TestCluster cluster = await TestCluster.StartAsync();
        await cluster.DeclareAsync(0, "ping", DeadLettersTo("pong"));
        await cluster.DeclareAsync(1, "pong", DeadLettersTo("ping"));
        WireClient client = await cluster.ConnectAsync(0);
        byte[] body = new byte[20_000];
        for (int count = 0; count < 50; count++)
            client.AddPublish(1, "", "ping", body);
        await client.FlushInBackground().WaitAsync(Eventually.Patience);
        int rejections = 0;
        async Task RejectAsync(int node, string queue)
        {
            WireClient rejecter = await cluster.ConnectAsync(node);
            await rejecter.ConsumeAsync(1, queue, "c");
            while (Interlocked.Increment(ref rejections) < 4000)
            {
                Received delivery = await rejecter.ExpectAsync(MethodId.BasicDeliver);
                await rejecter.SendAsync(1, new BasicReject(delivery.DeliveryTag, requeue: false));
            }
        }
        await Task.WhenAll(
            RejectAsync(0, "ping"), RejectAsync(1, "ping"), RejectAsync(0, "pong"), RejectAsync(1, "pong"));
        await Eventually.True(() =>
            cluster.Home(0, "ping").ReadyCount + cluster.Home(0, "ping").UnackedCount
            + cluster.Home(1, "pong").ReadyCount + cluster.Home(1, "pong").UnackedCount == 50);
    }

    [Fact]
    public async Task Messages_that_are_due_at_once_are_not_dropped_for_want_of_room()
    {
        const int Messages = 40;
        await using TestCluster cluster = await TestCluster.StartAsync();
        await cluster.DeclareAsync(1, "q");
        WireClient client = await cluster.ConnectAsync(0);
        await client.CallAsync(
            1,
            new ExchangeDeclare(
                "later", "x-delayed-message", passive: false, durable: false, autoDelete: false, @internal: false,
                noWait: false, new FieldTable { ["x-delayed-type"] = FieldValue.Of("fanout") }),
            MethodId.ExchangeDeclareOk);
        await client.CallAsync(
            1, new QueueBind("q", "later", "", noWait: false, FieldTable.Empty), MethodId.QueueBindOk);
        await client.CallAsync(1, new ConfirmSelect(noWait: false), MethodId.ConfirmSelectOk);
        byte[] properties = new BasicProperties
        {
            Headers = new FieldTable { ["x-delay"] = FieldValue.Of(1000) },
        }.ToArray();
        byte[] body = new byte[1024 * 1024];
        for (ulong sequence = 1; sequence <= Messages; sequence++)
        {
            client.AddPublish(1, "later", "", body, properties);
            await client.FlushAsync();
            Assert.Equal(sequence, (await client.ExpectAsync(MethodId.BasicAck)).Sequence);
        }
        cluster.Advance(TimeSpan.FromSeconds(2));
        await cluster.Holds(1, "q", ready: Messages, unacked: 0);
    }

    private static FieldTable DeadLettersTo(string queue) => new()
    {
        ["x-dead-letter-exchange"] = FieldValue.Of(""),
        ["x-dead-letter-routing-key"] = FieldValue.Of(queue),
    };
}
