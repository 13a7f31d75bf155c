using System.Buffers.Binary;
using Warren.Amqp;
using Warren.Wire;
using Xunit;

namespace Warren.Broker.Tests.Connections;

/// <summary>Above the watermark publishers stop, and nobody else does.</summary>
public sealed class MemoryAlarmTests : IAsyncDisposable
{
    private const long LimitBytes = 1_000_000_000;

    private readonly BrokerHost _host =
        new(new BrokerOptions { MemoryHighWatermarkBytes = LimitBytes, TotalMemoryBytes = 2 * LimitBytes });

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task Publishers_are_told_and_held_and_everything_arrives_in_order_afterwards()
    {
        const int Before = 10;
        const int While = 5000;
        Link link = await ConnectAsync();
        Publish(link, 0, Before);
        await link.Client.FlushAsync();
        await _host.QueueHolds("q", Before, 0);

        _host.UseMemory(LimitBytes + 1);
        Received blocked = await link.Client.ExpectAsync(MethodId.ConnectionBlocked);
        Assert.Equal("low on memory", blocked.BlockedReason);
        Publish(link, Before, While);
        Task write = link.Client.FlushInBackground();
        await Eventually.True(() => link.Wire.IsClientStuck && _host.Broker.Connections.Snapshot()[0].IsHeldBack);
        await _host.QueueHolds("q", Before, 0);

        _host.UseMemory(LimitBytes);
        await link.Client.ExpectAsync(MethodId.ConnectionUnblocked);
        await write.WaitAsync(Eventually.Patience);
        await _host.QueueHolds("q", Before + While, 0);
        await AssertInOrderAsync(link, Before + While);
    }

    /// <summary>However much it has to send: what is taken in while the alarm is on has a bound.</summary>
    [Theory]
    [InlineData(1000, 200_000)]
    [InlineData(8_000_000, 8)]
    public async Task Memory_does_not_grow_while_the_alarm_is_on(int bodyBytes, int messages)
    {
        _host.UseMemory(LimitBytes + 1);
        byte[] body = new byte[bodyBytes];
        for (int connection = 0; connection < 3; connection++)
        {
            Link link = await ConnectAsync();
            for (int count = 0; count < Math.Min(messages, 64_000_000 / bodyBytes); count++)
                link.Client.AddPublish(1, "", "q", body);
            _ = link.Client.FlushInBackground().ContinueWith(static task => task.Exception, TaskScheduler.Default);
            await Eventually.True(() => link.Wire.IsClientStuck
                && _host.Broker.Connections.Snapshot().All(each => each.IsHeldBack));
        }
        Assert.True(_host.Broker.Slabs.OutstandingBytes < 100_000, $"{_host.Broker.Slabs.OutstandingBytes} bytes");
        Assert.Equal(0, _host.Queue("q").ReadyCount);
    }

    /// <summary>A message that has begun may end, so that a client that heeds the warning is not stuck in it.</summary>
    [Theory]
    [InlineData(900_000, true)]
    [InlineData(4_000_000, false)]
    public async Task A_message_under_way_may_end_if_it_is_no_monster(int bodyBytes, bool ends)
    {
        Link link = await ConnectAsync();
        await link.Client.OpenChannelAsync(2);
        byte[] body = new byte[bodyBytes];
        byte[] whole = link.Client.AddPublish(1, "", "q", body).TakeAdded();
        await link.Client.AddRaw(whole.AsSpan(0, 1000)).FlushAsync();
        // The first frame of the body is not whole, so it is the method and the header that have been taken.
        await Eventually.True(() => _host.Broker.Connections.Snapshot()[0].PublishBlock.IsPublisher);
        _host.UseMemory(LimitBytes + 1);
        await link.Client.ExpectAsync(MethodId.ConnectionBlocked);
        Task write = link.Client.AddRaw(whole.AsSpan(1000)).FlushInBackground();
        if (ends)
        {
            await write.WaitAsync(Eventually.Patience);
            await _host.QueueHolds("q", 1, 0);
            Assert.Equal(1u, (await link.Client.DeclareAsync(2, "q", passive: true)).MessageCount);
        }
        else
        {
            await Eventually.True(() => link.Wire.IsClientStuck && _host.Broker.Connections.Snapshot()[0].IsHeldBack);
        }
        _host.UseMemory(0);
        await link.Client.ExpectAsync(MethodId.ConnectionUnblocked);
        await write.WaitAsync(Eventually.Patience);
        await _host.QueueHolds("q", 1, 0);
    }

    [Fact]
    public async Task Who_publishes_and_consumes_still_gets_deliveries_and_may_acknowledge()
    {
        Link link = await ConnectAsync();
        await link.Client.OpenChannelAsync(2);
        Publish(link, 0, 20);
        await link.Client.FlushAsync();
        await _host.QueueHolds("q", 20, 0);
        _host.UseMemory(LimitBytes + 1);
        await link.Client.ExpectAsync(MethodId.ConnectionBlocked);
        Publish(link, 20, 1);
        await link.Client.PrefetchAsync(2, 1);
        await link.Client.ConsumeAsync(2, "q");
        for (int number = 0; number < 20; number++)
        {
            Received delivered = await link.Client.ExpectAsync(MethodId.BasicDeliver);
            Assert.Equal(number, BinaryPrimitives.ReadInt32BigEndian(delivered.Body));
            await link.Client.SendAsync(2, new BasicAck(delivered.DeliveryTag, multiple: false));
        }
        await _host.QueueHolds("q", 0, 0);
        _host.UseMemory(0);
        await link.Client.ExpectAsync(MethodId.ConnectionUnblocked);
        await link.Client.ExpectAsync(MethodId.BasicDeliver);
    }

    [Fact]
    public async Task Who_does_not_publish_is_not_told_until_he_does()
    {
        Link publisher = await ConnectAsync();
        Publish(publisher, 0, 1);
        await publisher.Client.FlushAsync();
        await _host.QueueHolds("q", 1, 0);
        Link consumer = await ConnectAsync();
        _host.UseMemory(LimitBytes + 1);
        await publisher.Client.ExpectAsync(MethodId.ConnectionBlocked);
        await consumer.Client.ConsumeAsync(1, "q", noAck: true);
        await consumer.Client.ExpectAsync(MethodId.BasicDeliver);
        await consumer.Client.OpenChannelAsync(2);
        consumer.Client.AddPublish(2, "", "q", [1]);
        await consumer.Client.FlushAsync();
        await consumer.Client.ExpectAsync(MethodId.ConnectionBlocked);

        // One who comes now is told with his first publish, which is held as well.
        Link late = await ConnectAsync();
        Publish(late, 0, 1);
        await late.Client.FlushAsync();
        await late.Client.ExpectAsync(MethodId.ConnectionBlocked);
        await _host.QueueHolds("q", 0, 0);
        _host.UseMemory(0);
        await late.Client.ExpectAsync(MethodId.ConnectionUnblocked);
        await consumer.Client.ExpectAsync(MethodId.ConnectionUnblocked);
        await consumer.Client.ExpectAsync(MethodId.BasicDeliver);
        await consumer.Client.ExpectAsync(MethodId.BasicDeliver);
    }

    [Fact]
    public async Task A_client_without_the_capability_is_held_without_a_word()
    {
        Link link = await ConnectAsync(new Login { HasCapabilities = false });
        _host.UseMemory(LimitBytes + 1);
        Publish(link, 0, 3);
        await link.Client.FlushAsync();
        await link.Client.OpenChannelAsync(2);
        Assert.Equal(0u, (await link.Client.DeclareAsync(2, "q", passive: true)).MessageCount);
        _host.UseMemory(0);
        await _host.QueueHolds("q", 3, 0);
        await link.Client.OpenChannelAsync(3);
    }

    [Fact]
    public async Task A_blocked_channel_can_be_cut_and_closed_with_its_connection()
    {
        Link link = await ConnectAsync();
        _host.UseMemory(LimitBytes + 1);
        Publish(link, 0, 3);
        await link.Client.FlushAsync();
        await link.Client.ExpectAsync(MethodId.ConnectionBlocked);
        await link.Client.CloseAsync();
        await link.Served.WaitAsync(Eventually.Patience);
        Assert.Equal(0, _host.Broker.Slabs.OutstandingBytes);
    }

    private async Task<Link> ConnectAsync(Login? login = null)
    {
        Link link = await _host.ConnectWithChannelAsync(login);
        await link.Client.DeclareAsync(1, "q");
        return link;
    }

    private static void Publish(Link link, int from, int count)
    {
        byte[] body = new byte[1000];
        for (int number = from; number < from + count; number++)
        {
            BinaryPrimitives.WriteInt32BigEndian(body, number);
            link.Client.AddPublish(1, "", "q", body);
        }
    }

    private static async Task AssertInOrderAsync(Link link, int count)
    {
        await link.Client.ConsumeAsync(1, "q", noAck: true);
        for (int number = 0; number < count; number++)
        {
            Received delivered = await link.Client.ExpectAsync(MethodId.BasicDeliver);
            Assert.Equal(number, BinaryPrimitives.ReadInt32BigEndian(delivered.Body));
        }
    }
}
