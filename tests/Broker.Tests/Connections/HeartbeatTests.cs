using Warren.Amqp;
using Warren.Wire;
using Xunit;

namespace Warren.Broker.Tests.Connections;

public sealed class HeartbeatTests : IAsyncDisposable
{
    private readonly BrokerHost _host = new();

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task They_are_sent_when_nothing_else_is()
    {
        Link link = await _host.ConnectWithChannelAsync(new Login { Heartbeat = 10 });
        _host.Time.Advance(TimeSpan.FromSeconds(4.4));
        await link.Client.DeclareAsync(1, "q");
        _host.Time.Advance(TimeSpan.FromSeconds(4.4));
        await link.Client.DeclareAsync(1, "q");
        _host.Time.Advance(TimeSpan.FromSeconds(6));
        Assert.Same(Received.Heartbeat, await link.Client.NextOrHeartbeatAsync());
    }

    [Fact]
    public async Task None_are_sent_when_none_were_agreed()
    {
        Link link = await _host.ConnectWithChannelAsync(new Login { Heartbeat = 0 });
        _host.Time.Advance(TimeSpan.FromHours(1));
        await link.Client.SendAsync(1, new BasicQos(0, 1, global: false));
        Received next = await link.Client.NextOrHeartbeatAsync();
        Assert.Equal(MethodId.BasicQosOk, next.Method);
    }

    [Fact]
    public async Task Silence_ends_the_connection_and_gives_its_messages_back()
    {
        Link keeper = await _host.ConnectWithChannelAsync();
        await keeper.Client.DeclareAsync(1, "q");
        keeper.Client.AddPublish(1, "", "q", [1]).AddPublish(1, "", "q", [2]);
        await keeper.Client.FlushAsync();
        await _host.QueueHolds("q", 2, 0);
        Link silent = await _host.ConnectWithChannelAsync(new Login { Heartbeat = 10 });
        await silent.Client.DeclareAsync(1, "own", exclusive: true);
        await silent.Client.ConsumeAsync(1, "q");
        await silent.Client.ExpectAsync(MethodId.BasicDeliver);
        await _host.QueueHolds("q", 0, 2);
        _host.Time.Advance(TimeSpan.FromSeconds(20));
        await _host.QueueHolds("q", 0, 2);
        _host.Time.Advance(TimeSpan.FromSeconds(6));
        await silent.Served.WaitAsync(Eventually.Patience);
        await _host.QueueHolds("q", 2, 0);
        Assert.Contains(
            _host.Log, line => line.Contains("missed heartbeats from client, timeout: 10s", StringComparison.Ordinal));

        // Its exclusive queue is gone, its name free; its messages come marked and in order.
        await _host.QueueIsGone("own");
        await keeper.Client.DeclareAsync(1, "own", exclusive: true);
        await keeper.Client.SendAsync(1, new BasicGet("q", noAck: true));
        Received first = await keeper.Client.ExpectAsync(MethodId.BasicGetOk);
        Assert.True(first.IsRedelivered);
        Assert.Equal([1], first.Body);
    }

    /// <summary>
    /// Who is held back by an alarm is not read, so that its silence says nothing: the heartbeat that cannot be written
    /// does.
    /// </summary>
    [Fact]
    public async Task A_publisher_that_is_held_back_and_gone_is_missed_by_the_next_heartbeat()
    {
        // So low that the alarm stays on when the broker looks at its memory.
        await using var host = new BrokerHost(new BrokerOptions { MemoryHighWatermarkBytes = 1 });
        Link held = await host.ConnectWithChannelAsync(new Login { Heartbeat = 10 });
        await held.Client.DeclareAsync(1, "own", exclusive: true);
        host.UseMemory(long.MaxValue);
        for (int count = 0; count < 2000; count++)
            held.Client.AddPublish(1, "", "own", new byte[1000]);
        _ = held.Client.FlushInBackground().ContinueWith(static task => task.Exception, TaskScheduler.Default);
        await Eventually.True(() => held.Wire.IsClientStuck && host.Broker.Connections.Snapshot()[0].IsHeldBack);

        held.Wire.Cut();
        host.Time.Advance(TimeSpan.FromSeconds(6));

        await held.Served.WaitAsync(Eventually.Patience);
        Assert.NotNull(host.Broker.Alarms.Reason);
        await host.QueueIsGone("own");
    }

    [Fact]
    public async Task Whoever_sends_anything_lives()
    {
        Link link = await _host.ConnectWithChannelAsync(new Login { Heartbeat = 10 });
        for (int minute = 0; minute < 10; minute++)
        {
            _host.Time.Advance(TimeSpan.FromSeconds(20));
            await link.Client.AddFrame(FrameType.Heartbeat, 0, []).FlushAsync();
            await link.Client.DeclareAsync(1, "q");
        }
        Assert.False(link.Served.IsCompleted);
    }

    [Fact]
    public async Task Whoever_is_held_back_is_not_taken_for_silent()
    {
        var options = new BrokerOptions { MemoryHighWatermarkBytes = 1000, TotalMemoryBytes = 2000 };
        await using var host = new BrokerHost(options);
        Link link = await host.ConnectWithChannelAsync(new Login { Heartbeat = 10 });
        await link.Client.DeclareAsync(1, "q");
        host.UseMemory(1001);
        byte[] body = new byte[100_000];
        for (int count = 0; count < 10; count++)
            link.Client.AddPublish(1, "", "q", body);
        Task write = link.Client.FlushInBackground();
        await link.Client.ExpectAsync(MethodId.ConnectionBlocked);
        await Eventually.True(() => link.Wire.IsClientStuck && host.Broker.Connections.Snapshot()[0].IsHeldBack);
        // The clock's tick measures the real memory, which is above the watermark too.
        host.Time.Advance(TimeSpan.FromMinutes(10));
        Assert.False(link.Served.IsCompleted);
        host.UseMemory(0);
        await write.WaitAsync(Eventually.Patience);
        await host.QueueHolds("q", 10, 0);
    }

    [Fact]
    public async Task A_client_that_does_not_read_gathers_no_heartbeats()
    {
        Link link = await _host.ConnectWithChannelAsync(new Login { Heartbeat = 10 }, capacityBytes: 1024);
        for (int minute = 0; minute < 1000; minute++)
        {
            _host.Time.Advance(TimeSpan.FromSeconds(6));
            await link.Client.AddFrame(FrameType.Heartbeat, 0, []).FlushAsync();
            await Eventually.True(() => link.Wire.WaitingForServerBytes == 0);
        }
        await link.Client.SendAsync(1, new BasicQos(0, 1, global: false));
        int heartbeats = 0;
        while (ReferenceEquals(await link.Client.NextOrHeartbeatAsync(), Received.Heartbeat))
            heartbeats++;
        // Those in the wire, those in one batch of the writer, and one.
        Assert.InRange(heartbeats, 1, 300);
    }
}
