using Warren.Amqp;
using Warren.Wire;
using Xunit;

namespace Warren.Broker.Tests.Connections;

/// <summary>Below the disk's limit, or without space for the log, publishers stop.</summary>
public sealed class DiskAlarmTests : IAsyncDisposable
{
    private const long LimitBytes = 1_000_000;
    private const long MemoryBytes = 1_000_000_000;

    private readonly BrokerHost _host = new(new BrokerOptions
    {
        DiskFreeLimitBytes = LimitBytes,
        MemoryHighWatermarkBytes = MemoryBytes,
        TotalMemoryBytes = 2 * MemoryBytes,
    });

    public async ValueTask DisposeAsync()
    {
        _host.LeaveFree(LimitBytes);
        _host.Broker.Alarms.LogSpaceChanged(false, "");
        await _host.DisposeAsync();
    }

    [Fact]
    public async Task Publishers_are_told_and_held_and_consumers_go_on()
    {
        Link publisher = await PublisherAsync();
        Link consumer = await _host.ConnectWithChannelAsync();
        _host.LeaveFree(LimitBytes - 1);
        Assert.Equal("low on disk", (await publisher.Client.ExpectAsync(MethodId.ConnectionBlocked)).BlockedReason);
        Assert.Contains(
            $"disk resource limit alarm set on node {_host.Broker.Options.NodeName}: 999999 bytes free, limit 1000000. "
            + "Publishers are blocked until space has been freed on the file system of the data directory "
            + "or disk_free_limit is lowered.",
            _host.Log);
        publisher.Client.AddPublish(1, "", "q", [2]);
        await publisher.Client.FlushAsync();
        await consumer.Client.ConsumeAsync(1, "q");
        Received delivered = await consumer.Client.ExpectAsync(MethodId.BasicDeliver);
        await consumer.Client.SendAsync(1, new BasicAck(delivered.DeliveryTag, multiple: false));
        await _host.QueueHolds("q", 0, 0);

        _host.LeaveFree(LimitBytes);
        await publisher.Client.ExpectAsync(MethodId.ConnectionUnblocked);
        await consumer.Client.ExpectAsync(MethodId.BasicDeliver);
        Assert.Contains(
            $"disk resource limit alarm cleared on node {_host.Broker.Options.NodeName}: 1000000 bytes free, "
            + "limit 1000000. Publishers go on.",
            _host.Log);
    }

    /// <summary>Who is blocked already is not told of a second reason, and goes on when the last one is gone.</summary>
    [Fact]
    public async Task Both_alarms_are_named_to_who_is_blocked_by_both()
    {
        Link early = await PublisherAsync();
        _host.LeaveFree(0);
        Assert.Equal("low on disk", (await early.Client.ExpectAsync(MethodId.ConnectionBlocked)).BlockedReason);
        _host.UseMemory(MemoryBytes + 1);
        Link late = await _host.ConnectWithChannelAsync();
        late.Client.AddPublish(1, "", "q", [2]);
        await late.Client.FlushAsync();
        Assert.Equal(
            "low on disk & memory", (await late.Client.ExpectAsync(MethodId.ConnectionBlocked)).BlockedReason);

        _host.LeaveFree(LimitBytes);
        Assert.Equal("low on memory", _host.Broker.Alarms.Reason);
        Assert.Contains(_host.Log, line => line.EndsWith(
            "limit 1000000. Publishers stay blocked: low on memory.", StringComparison.Ordinal));
        await _host.QueueHolds("q", 1, 0);
        _host.UseMemory(0);
        await early.Client.ExpectAsync(MethodId.ConnectionUnblocked);
        await late.Client.ExpectAsync(MethodId.ConnectionUnblocked);
        await _host.QueueHolds("q", 2, 0);
    }

    [Fact]
    public async Task A_log_without_space_blocks_however_much_is_free()
    {
        Link publisher = await PublisherAsync();
        _host.LeaveFree(LimitBytes);
        _host.Broker.Alarms.LogSpaceChanged(true, "Cannot write a file: no space.");
        Assert.Equal("low on disk", (await publisher.Client.ExpectAsync(MethodId.ConnectionBlocked)).BlockedReason);
        Assert.Contains(
            _host.Log, line => line.Contains(": Cannot write a file: no space. Publ", StringComparison.Ordinal));
        _host.LeaveFree(LimitBytes + 1);
        Assert.Equal("low on disk", _host.Broker.Alarms.Reason);
        _host.Broker.Alarms.LogSpaceChanged(false, "there is space again");
        await publisher.Client.ExpectAsync(MethodId.ConnectionUnblocked);
        Assert.Null(_host.Broker.Alarms.Reason);
    }

    private async Task<Link> PublisherAsync()
    {
        Link link = await _host.ConnectWithChannelAsync();
        await link.Client.DeclareAsync(1, "q");
        link.Client.AddPublish(1, "", "q", [1]);
        await link.Client.FlushAsync();
        await _host.QueueHolds("q", 1, 0);
        return link;
    }
}
