using Warren.Amqp;
using Warren.Wire;
using Xunit;

namespace Warren.Broker.Tests.Remote;

/// <summary>Clients on one node, the queue on another: as if it were here.</summary>
public sealed class RemoteQueueTests
{
    [Fact]
    public async Task What_is_published_here_is_confirmed_and_can_be_got()
    {
        await using TestCluster cluster = await TestCluster.StartAsync();
        await cluster.DeclareAsync(1, "q");
        WireClient client = await cluster.ConnectAsync(0);
        await client.CallAsync(1, new ConfirmSelect(noWait: false), MethodId.ConfirmSelectOk);
        client.AddPublish(1, "", "q", "hello"u8);
        await client.FlushAsync();
        Assert.Equal(1UL, (await client.ExpectAsync(MethodId.BasicAck)).Sequence);
        await cluster.Holds(1, "q", ready: 1, unacked: 0);
        Received got = await client.CallAsync(1, new BasicGet("q", noAck: false), MethodId.BasicGetOk);
        Assert.Equal("hello"u8.ToArray(), got.Body);
        Assert.False(got.IsRedelivered);
        await client.SendAsync(1, new BasicAck(got.DeliveryTag, multiple: false));
        await cluster.Holds(1, "q", ready: 0, unacked: 0);
        await client.CallAsync(1, new BasicGet("q", noAck: false), MethodId.BasicGetEmpty);
    }

    [Fact]
    public async Task A_consumer_gets_in_order_and_acknowledges()
    {
        await using TestCluster cluster = await TestCluster.StartAsync();
        await cluster.DeclareAsync(1, "q");
        WireClient publisher = await cluster.ConnectAsync(1);
        WireClient consumer = await cluster.ConnectAsync(0);
        await consumer.PrefetchAsync(1, 10);
        await consumer.ConsumeAsync(1, "q", "c");
        for (int number = 0; number < 1000; number++)
            publisher.AddPublish(1, "", "q", BitConverter.GetBytes(number));
        await publisher.FlushAsync();
        for (int number = 0; number < 1000; number++)
        {
            Received delivery = await consumer.ExpectAsync(MethodId.BasicDeliver);
            Assert.Equal(number, BitConverter.ToInt32(delivery.Body));
            Assert.Equal((ulong)number + 1, delivery.DeliveryTag);
            await consumer.SendAsync(1, new BasicAck(delivery.DeliveryTag, multiple: false));
        }
        await cluster.Holds(1, "q", ready: 0, unacked: 0);
    }

    [Fact]
    public async Task A_message_longer_than_a_frame_comes_through_both_ways()
    {
        await using TestCluster cluster = await TestCluster.StartAsync();
        await cluster.DeclareAsync(1, "q");
        WireClient client = await cluster.ConnectAsync(0);
        await client.CallAsync(1, new ConfirmSelect(noWait: false), MethodId.ConfirmSelectOk);
        byte[] body = new byte[5_000_000];
        new Random(1).NextBytes(body);
        foreach (int size in (int[])[0, 65_000, 65_470, 65_475, 65_480, 65_500, 65_536, 131_072, 5_000_000])
        {
            client.AddPublish(1, "", "q", body.AsSpan(0, size));
            await client.FlushAsync();
            await client.ExpectAsync(MethodId.BasicAck);
            Received got = await client.CallAsync(1, new BasicGet("q", noAck: true), MethodId.BasicGetOk);
            Assert.True(body.AsSpan(0, size).SequenceEqual(got.Body), $"{size} bytes");
        }
    }
}
