using System.Buffers.Binary;
using Warren.Amqp;
using Warren.Wire;
using Xunit;

namespace Warren.Broker.Tests.Connections;

/// <summary>Whatever is cut whenever: no message is lost, none is there twice, no memory stays behind.</summary>
public sealed class LedgerTests
{
    private static readonly string[] Queues = ["a", "b"];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public async Task Cuts_at_any_moment_lose_and_double_nothing(int seed)
    {
        await using var host = new BrokerHost();
        Link owner = await host.ConnectWithChannelAsync();
        foreach (string queue in Queues)
        {
            await owner.Client.DeclareAsync(1, queue);
            await owner.Client.CallAsync(
                1, new QueueBind(queue, LedgerPublisher.Fanout, "", false, FieldTable.Empty), MethodId.QueueBindOk);
        }
        var ledger = new Ledger();
        int publishing = 3;
        Task[] publishers = [.. Enumerable.Range(1, 3).Select(index => Task.Run(async () =>
        {
            await new LedgerPublisher(host, ledger, Queues, index, new Random((seed * 100) + index)).RunAsync(25);
            Interlocked.Decrement(ref publishing);
        }))];
        Task[] consumers = [.. Enumerable.Range(4, 3).Select(index => Task.Run(() =>
            new LedgerConsumer(host, ledger, Queues, new Random((seed * 100) + index))
                .RunAsync(() => Volatile.Read(ref publishing) == 0 || publishers.Any(task => task.IsFaulted), 20)))];
        await Task.WhenAll([.. publishers, .. consumers]);
        Assert.True(ledger.Delivered > 100 && ledger.Returned > 10, $"{ledger.Delivered} delivered");

        foreach (string queue in Queues)
        {
            await Eventually.True(() => host.Queue(queue).UnackedCount == 0, () => $"{host.Queue(queue).UnackedCount}");
            ledger.CheckRest(queue, await DrainAsync(owner.Client, queue));
        }
        await owner.Client.CloseAsync();
        await Eventually.True(
            () => host.Broker.Slabs.OutstandingBytes == 0, () => $"{host.Broker.Slabs.OutstandingBytes} bytes");
        Assert.Equal(0, host.Broker.Connections.ChannelCount);
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
