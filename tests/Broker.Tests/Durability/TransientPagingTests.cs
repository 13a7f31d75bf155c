using System.Buffers.Binary;
using Warren.Amqp;
using Warren.Storage;
using Warren.Storage.Disk;
using Warren.Wire;
using Xunit;

namespace Warren.Broker.Tests.Durability;

/// <summary>A backlog that nobody promised to keep, on a node that has little memory for it.</summary>
public sealed class TransientPagingTests : IAsyncDisposable
{
    private const long GiB = 1L << 30;
    private const long BoundBytes = 16 * 1024 * 1024;
    private const int Messages = 5000;
    private const int BodyBytes = 20_000;

    private DurableNode _node = new(
        new FaultyDisk { CapacityBytes = 4 * GiB },
        options: new NodeLogOptions
        {
            SegmentBytes = 4 * 1024 * 1024,
            CheckpointSpacingBytes = 4 * 1024 * 1024,
            ReclaimSlackSegments = 0,
        },
        broker: new BrokerOptions
        {
            // The test's own process is below the watermark, the messages are above their share of it.
            TotalMemoryBytes = 64 * GiB,
            MemoryHighWatermarkBytes = 64 * GiB,
            MemoryPagingRatio = (double)BoundBytes / (64 * GiB),
        });

    public ValueTask DisposeAsync() => _node.DisposeAsync();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_large_backlog_leaves_memory_and_comes_back_in_order(bool durableQueue)
    {
        DurableClient client = await BeginAsync(durableQueue);
        await SpareMemoryAsync();
        // What has no bytes in memory has none to be moved together.
        _node.Host.Broker.Compact();
        _node.Reclaim();
        long freeBytes = _node.Disk.FreeBytes;
        List<int> taken = await DrainAsync(client);
        Assert.Equal(Enumerable.Range(0, Messages), taken);
        await client.PassAsync("q");
        _node.Commit();
        Assert.Equal(0, _node.LiveQueueEntries());
        _node.Reclaim();
        _node.Reclaim();
        Assert.InRange(_node.Disk.FreeBytes, freeBytes + (Messages / 2 * (long)BodyBytes), long.MaxValue);
        await _node.Host.CutAsync();
        await Eventually.True(() => _node.OutstandingBytes == 0, () => $"{_node.OutstandingBytes} bytes");
    }

    [Fact]
    public async Task Nothing_of_it_comes_back_after_a_restart_nor_keeps_its_space()
    {
        await BeginAsync(durableQueue: true);
        await SpareMemoryAsync();
        _node.Reclaim();
        long freeBytes = _node.Disk.FreeBytes;
        Assert.InRange(_node.LiveQueueEntries(), Messages / 2, Messages);
        _node = await _node.CrashAsync();
        _node.Commit();
        Assert.Equal(0, _node.LiveQueueEntries());
        DurableClient client = await _node.ConnectAsync();
        Assert.Equal(0u, await client.PassAsync("q"));
        // The definitions take note of where their entries lie now in a turn of theirs.
        await Eventually.True(() =>
        {
            _node.Reclaim();
            return _node.Disk.FreeBytes >= freeBytes + (Messages / 2 * (long)BodyBytes);
        });
    }

    [Fact]
    public async Task What_was_written_goes_with_a_queue_that_is_not_durable()
    {
        DurableClient client = await BeginAsync(durableQueue: false);
        await SpareMemoryAsync();
        Assert.InRange(_node.LiveQueueEntries(), Messages / 2, Messages);
        await _node.CommittingAsync(client.Wire.CallAsync(
            1, new QueueDelete("q", ifUnused: false, ifEmpty: false, noWait: false), MethodId.QueueDeleteOk));
        await Eventually.True(() =>
        {
            _node.Commit();
            return _node.LiveQueueEntries() == 0;
        });
        await _node.Host.CutAsync();
        await Eventually.True(() => _node.OutstandingBytes == 0, () => $"{_node.OutstandingBytes} bytes");
    }

    /// <summary>What memory is spared for must not take what is left of the disk.</summary>
    [Fact]
    public async Task Nothing_is_written_while_the_disk_has_no_space()
    {
        DurableClient client = await BeginAsync(durableQueue: false);
        _node.Host.Broker.Alarms.LogSpaceChanged(isExhausted: true, "none");
        await client.Wire.ExpectAsync(MethodId.ConnectionBlocked);
        await client.PassAsync("q");
        _node.Commit();
        long written = _node.LiveQueueEntries();
        for (int tick = 0; tick < 3; tick++)
        {
            _node.Host.Time.Advance(TimeSpan.FromSeconds(1));
            await client.PassAsync("q");
            _node.Commit();
        }
        Assert.Equal(written, _node.LiveQueueEntries());
        Assert.InRange(written, 0, Messages / 2);
        _node.Host.Broker.Alarms.LogSpaceChanged(isExhausted: false, "some");
        await SpareMemoryAsync();
    }

    // Confirmed at once: nothing is synced meanwhile.
    private async Task<DurableClient> BeginAsync(bool durableQueue)
    {
        DurableClient client = await _node.ConnectAsync();
        await client.DeclareAsync("q", durable: durableQueue);
        await client.ConfirmAsync();
        byte[] body = new byte[BodyBytes];
        ulong confirmed = 0;
        for (int number = 0; number < Messages; number++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(body, number);
            await client.PublishAsync("", "q", body, new BasicProperties { DeliveryMode = 1 });
            while ((ulong)number > confirmed + 100)
                confirmed = (await client.Wire.ExpectAsync(MethodId.BasicAck)).Sequence;
        }
        while (confirmed < Messages)
            confirmed = (await client.Wire.ExpectAsync(MethodId.BasicAck)).Sequence;
        return client;
    }

    private Task SpareMemoryAsync() => Eventually.True(
        () =>
        {
            _node.Host.Time.Advance(TimeSpan.FromSeconds(1));
            _node.Commit();
            return _node.OutstandingBytes <= BoundBytes;
        },
        () => $"{_node.OutstandingBytes} bytes are left in memory");

    // Records are copied now and then while they are being read.
    private async Task<List<int>> DrainAsync(DurableClient client)
    {
        var numbers = new List<int>();
        while (await client.GetAsync("q", noAck: true) is { } got)
        {
            Assert.Equal(BodyBytes, got.Body.Length);
            numbers.Add(BinaryPrimitives.ReadInt32LittleEndian(got.Body));
            if (numbers.Count % 500 == 0)
                _node.Reclaim();
        }
        return numbers;
    }
}
