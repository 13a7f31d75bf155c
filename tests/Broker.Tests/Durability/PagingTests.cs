using Warren.Amqp;
using Warren.Broker.Messages;
using Warren.Broker.Queues;
using Warren.Broker.Tests.Definitions;
using Warren.Broker.Topology;
using Warren.Storage.Disk;
using Warren.Wire;
using Xunit;

namespace Warren.Broker.Tests.Durability;

/// <summary>Messages whose bytes are on disk alone, while they are being read and while they are written.</summary>
public sealed class PagingTests : IAsyncDisposable
{
    private DurableNode _node = new();

    public ValueTask DisposeAsync() => _node.DisposeAsync();

    [Fact]
    public async Task What_is_moved_while_it_is_being_read_is_read()
    {
        (DurableClient client, DurableClient other) = await BeginReadingAsync();
        for (int round = 0; round < 3; round++)
        {
            await other.PublishSafelyAsync("filler", [.. Enumerable.Repeat(new string('f', 10_000), 10)]);
            await other.DrainAsync("filler");
            await other.PassAsync("filler");
            _node.Commit();
            _node.Reclaim();
            // The queue has heard of the moves.
            Assert.Equal(3u, await other.PassAsync("q"));
        }
        _node.Turns.ReleaseReader();
        Assert.Equal(WireClient.Bytes("a"), (await client.Wire.ExpectAsync(MethodId.BasicGetOk)).Body);
        Assert.Equal(["b", "c"], await other.DrainAsync("q"));
    }

    [Fact]
    public async Task A_get_that_waits_for_bytes_is_answered_when_the_queue_is_purged()
    {
        (DurableClient client, DurableClient other) = await BeginReadingAsync();
        await _node.CommittingAsync(
            other.Wire.CallAsync(1, new QueuePurge("q", noWait: false), MethodId.QueuePurgeOk));
        await client.Wire.ExpectAsync(MethodId.BasicGetEmpty);
        await other.PublishSafelyAsync("q", "new");
        _node.Turns.ReleaseReader();
        Assert.Equal(["new"], await other.DrainAsync("q"));
    }

    [Fact]
    public async Task A_queue_may_be_deleted_while_its_messages_are_being_read()
    {
        (DurableClient client, DurableClient other) = await BeginReadingAsync();
        await _node.CommittingAsync(other.Wire.CallAsync(
            1, new QueueDelete("q", ifUnused: false, ifEmpty: false, noWait: false), MethodId.QueueDeleteOk));
        await client.Wire.ExpectAsync(MethodId.ChannelClose);
        _node.Reclaim();
        _node.Turns.ReleaseReader();
        await other.DeclareAsync("q");
        Assert.Equal(0u, await other.PassAsync("q"));
        await _node.Host.CutAsync();
        _node.Commit();
        await Eventually.True(() => _node.OutstandingBytes == 0, () => $"{_node.OutstandingBytes} bytes");
    }

    /// <summary>
    /// Something is always appended between a sync and its report: memory must be given up all the same.
    /// </summary>
    [Fact]
    public void Bytes_are_given_up_although_the_log_is_never_idle()
    {
        const int BodyBytes = 100_000;
        var disk = new FaultyDisk();
        using var node = new DefinitionsNode(disk);
        node.Do(Samples.All());
        node.Commit();
        Assert.True(node.Store.FindVhost("v")!.Queues.TryGetValue("q", out QueueDefinition? definition));
        disk.BeforeOperation = operation =>
        {
            if (operation.Kind == DiskOperationKind.Sync)
                Publish();
        };
        for (int count = 0; count < 100; count++)
        {
            Publish();
            node.Log.CommitRound();
            node.Run();
        }
        Assert.InRange(node.Broker.Slabs.OutstandingBytes, 0, 4 * 1024 * 1024);

        void Publish()
        {
            Slab slab = node.Broker.Slabs.Rent(2 + BodyBytes);
            slab.UsedBytes = 2 + BodyBytes;
            var message = new Message(slab, 0, 2, 0, BodyBytes);
            definition!.Home.Post(QueueCommand.Publish(message, 0, true, ttlMs: -1, null, 0, null));
            node.Run();
        }
    }

    // A get waits, since the reader does.
    private async Task<(DurableClient Waiting, DurableClient Other)> BeginReadingAsync()
    {
        DurableClient client = await _node.ConnectAsync();
        await client.DeclareAsync("q");
        await client.DeclareAsync("filler");
        await client.ConfirmAsync();
        await client.PublishSafelyAsync("q", "a", "b", "c");
        _node = await _node.CrashAsync();
        _node.Turns.HoldReader();
        client = await _node.ConnectAsync();
        DurableClient other = await _node.ConnectAsync();
        await other.ConfirmAsync();
        await client.Wire.SendAsync(1, new BasicGet("q", noAck: true));
        await Eventually.True(() => _node.Turns.IsReaderWaiting);
        return (client, other);
    }
}
