using System.Buffers.Binary;
using System.Globalization;
using Warren.Amqp;
using Warren.Broker.Tests.Connections;
using Warren.Wire;
using Xunit;

namespace Warren.Broker.Tests.Remote;

/// <summary>
/// Clients of both nodes at queues of both, with links that break at every moment while both processes live: no message
/// is lost, none is there twice, none is with two clients, none is refused, and no memory stays behind.
/// </summary>
public sealed class RemoteLedgerTests
{
    private static readonly string[] Queues = ["a", "b"];

    /// <summary>Each run takes some seconds; more by WARREN_FUZZ_SEEDS, a number or a range.</summary>
    public static TheoryData<int> Seeds
    {
        get
        {
            string[] wanted = (Environment.GetEnvironmentVariable("WARREN_FUZZ_SEEDS") ?? "4").Split('-');
            int first = wanted.Length > 1 ? int.Parse(wanted[0], CultureInfo.InvariantCulture) : 0;
            int end = int.Parse(wanted[^1], CultureInfo.InvariantCulture);
            return [.. Enumerable.Range(first, end - first)];
        }
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task Links_that_break_lose_and_double_nothing(int seed)
    {
        bool isDurable = seed % 2 == 1;
        await using TestCluster cluster = await TestCluster.StartAsync();
        await cluster.DeclareAsync(1, "a", durable: isDurable);
        await cluster.DeclareAsync(0, "b", durable: isDurable);
        WireClient owner = await cluster.ConnectAsync(0);
        foreach (string queue in Queues)
        {
            await owner.CallAsync(
                1, new QueueBind(queue, LedgerPublisher.Fanout, "", false, FieldTable.Empty), MethodId.QueueBindOk);
        }
        await Eventually.True(() => cluster.Nodes[1].Broker.Definitions.LastIndex
            == cluster.Nodes[0].Broker.Definitions.LastIndex);
        var ledger = new Ledger();
        int publishing = 4;
        int working = 8;
        var random = new Random(seed);
        Task[] publishers = [.. Enumerable.Range(1, 4).Select(index => Task.Run(async () =>
        {
            BrokerHost host = cluster.Nodes[index % 2].Host;
            await new LedgerPublisher(host, ledger, Queues, index, new Random((seed * 100) + index)).RunAsync(40);
            Interlocked.Decrement(ref publishing);
            Interlocked.Decrement(ref working);
        }))];
        Task[] consumers = [.. Enumerable.Range(5, 4).Select(index => Task.Run(async () =>
        {
            BrokerHost host = cluster.Nodes[index % 2].Host;
            await new LedgerConsumer(host, ledger, Queues, new Random((seed * 100) + index)).RunAsync(
                () => Volatile.Read(ref publishing) == 0 || publishers.Any(task => task.IsFaulted), 30);
            Interlocked.Decrement(ref working);
        }))];
        int cuts = 0;
        while (Volatile.Read(ref working) > 0 && !publishers.Concat(consumers).Any(task => task.IsFaulted))
        {
            await Task.Delay(random.Next(1, 40));
            cluster.Network.Cut();
            cuts++;
        }
        await Task.WhenAll([.. publishers, .. consumers]);
        Assert.True(ledger.Delivered > 100 && ledger.Returned > 10, $"{ledger.Delivered} delivered");
        Assert.True(cuts > 5, $"{cuts} cuts");

        for (int home = 0; home < 2; home++)
        {
            string queue = home == 0 ? "b" : "a";
            await Eventually.True(
                () => cluster.Home(home, queue).UnackedCount == 0,
                () => $"{cluster.Home(home, queue).UnackedCount} unacked");
            ledger.CheckRest(queue, await DrainAsync(owner, queue));
        }
        await owner.CloseAsync();
        cluster.Network.IsDown = true;
        foreach (ClusterNode node in cluster.Nodes)
        {
            await Eventually.True(
                () => node.Broker.Slabs.OutstandingBytes == 0, () => $"{node.Broker.Slabs.OutstandingBytes} bytes");
        }
    }

    private static async Task<List<long>> DrainAsync(WireClient client, string queue)
    {
        var numbers = new List<long>();
        while (true)
        {
            await client.SendAsync(1, new BasicGet(queue, noAck: true));
            Received received = await client.NextAsync();
            if (received.Method == MethodId.BasicGetEmpty)
                return numbers;
            numbers.Add(BinaryPrimitives.ReadInt64BigEndian(received.Body));
        }
    }
}
