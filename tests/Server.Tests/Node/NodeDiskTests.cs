using Warren.Amqp;
using Warren.Storage;
using Warren.Storage.Disk;
using Warren.Wire;
using Xunit;

namespace Warren.Server.Tests.Node;

/// <summary>What a node does when its disk is full, fails or has lost something.</summary>
public sealed class NodeDiskTests
{
    private readonly FaultyDisk _disk = new();
    private readonly ManualTime _time = new();

    [Fact]
    public async Task Below_the_limit_publishers_are_blocked_until_there_is_space()
    {
        await using RunningNode node = RunningNode.Start("disk_free_limit.absolute = 1GB", _time, _disk);
        await using WireClient client = await node.ConnectAsync();
        await client.LoginAsync();
        await client.OpenChannelAsync(1);
        string queue = (await client.DeclareAsync(1, "", exclusive: true)).QueueName;
        await client.AddPublish(1, "", queue, "first"u8).FlushAsync();
        Assert.Null(node.Broker.Alarms.Reason);

        long capacityBytes = _disk.CapacityBytes;
        _disk.CapacityBytes -= _disk.FreeBytes - 999_999_999;
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("low on disk", (await client.ExpectAsync(MethodId.ConnectionBlocked)).BlockedReason);
        await node.LogsAsync("[warning] <0.", "disk resource limit alarm set on node rabbit@localhost: ");
        // Records of what was declared may have been written meanwhile.
        await node.LogsAsync(
            "disk resource limit alarm set on node rabbit@localhost: 99999", " bytes free, limit 1000000000.");

        _disk.CapacityBytes = capacityBytes;
        _time.Advance(TimeSpan.FromSeconds(1));
        await client.ExpectAsync(MethodId.ConnectionUnblocked);
        await node.LogsAsync("disk resource limit alarm cleared on node rabbit@localhost");
    }

    [Fact]
    public async Task A_node_that_starts_below_the_limit_blocks_from_the_first_message_on()
    {
        _disk.CapacityBytes = 40_000_000;
        await using RunningNode node = RunningNode.Start("", _time, _disk);
        Assert.Equal("low on disk", node.Broker.Alarms.Reason);
        Assert.Equal(50_000_000, node.Broker.Alarms.DiskLimitBytes);
    }

    [Fact]
    public async Task A_log_that_finds_no_space_blocks_publishers_and_takes_up_again()
    {
        await using RunningNode node = RunningNode.Start("disk_free_limit.absolute = 0", _time, _disk);
        LogGroup group = node.OpenGroup();
        _disk.CapacityBytes = 1_000_000;
        Lsn last = group.Append(new NewEntry { Index = new LogIndex(1), Body = new byte[2_000_000] }).Lsn;
        await node.LogsAsync("disk resource limit alarm set on node rabbit@localhost: Cannot ");
        Assert.Equal("low on disk", node.Broker.Alarms.Reason);

        _disk.CapacityBytes = MemoryDisk.DefaultCapacityBytes;
        await Eventually.True(() =>
        {
            _time.Advance(TimeSpan.FromMilliseconds(200));
            return node.Broker.Storage!.DurableLsn >= last;
        });
        await node.LogsAsync("disk resource limit alarm cleared on node rabbit@localhost: there is space again.");
        Assert.Null(node.Broker.Alarms.Reason);
        Assert.Empty(node.Ends);
    }

    [Theory]
    [InlineData(DiskOperationKind.Sync)]
    [InlineData(DiskOperationKind.Write)]
    public async Task A_write_or_sync_that_fails_ends_the_process_with_a_sentence(DiskOperationKind kind)
    {
        await using RunningNode node = RunningNode.Start("", _time, _disk);
        LogGroup group = node.OpenGroup();
        _disk.BeforeOperation = operation =>
        {
            if (operation.Kind == kind && operation.Path.StartsWith("log/", StringComparison.Ordinal))
                _disk.FailAt(operation.Number, DiskFailure.Other);
        };
        group.Append(new NewEntry { Index = new LogIndex(1), Body = new byte[100] });
        await Eventually.True(() => !node.Ends.IsEmpty);
        string end = Assert.Single(node.Ends);
        Assert.Matches(
            "^The node log cannot be written, so nothing more can be promised and the node stops: Cannot .*"
            + "What was confirmed before is kept in .*: start the node again when the disk is sound\\.$",
            end);
        await node.LogsAsync("[error] <0.", end);
    }

    [Fact]
    public async Task What_the_start_finds_damaged_is_an_error_in_the_log()
    {
        await using (RunningNode node = RunningNode.Start("", _time, _disk))
        {
            LogGroup group = node.OpenGroup();
            Lsn last = group.Append(new NewEntry { Index = new LogIndex(1), Body = new byte[100], IsKept = true }).Lsn;
            await Eventually.True(() => node.Broker.Storage!.DurableLsn >= last);
        }
        foreach (string name in _disk.List("log"))
            _disk.Delete("log/" + name);
        await using RunningNode next = RunningNode.Start("", _time, _disk);
        await next.LogsAsync("[error] <0.", "is damaged: the log ends at LSN ");
    }

    [Fact]
    public async Task A_stop_that_cannot_make_a_checkpoint_says_so()
    {
        RunningNode node = RunningNode.Start("", _time, _disk);
        _disk.BeforeOperation = operation =>
        {
            if (operation.Path.StartsWith("checkpoint/", StringComparison.Ordinal))
                _disk.FailAt(operation.Number, DiskFailure.Other);
        };
        await node.DisposeAsync();
        Assert.Contains("no checkpoint was made, so that the next start takes longer: Cannot ", node.Log.ToString(),
            StringComparison.Ordinal);
    }
}
