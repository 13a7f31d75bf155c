using Warren.Amqp;
using Warren.Storage;
using Warren.Storage.Disk;
using Warren.Wire;
using Xunit;

namespace Warren.Broker.Tests.Durability;

/// <summary>When publishers and transactions are told that the broker has what they sent.</summary>
public sealed class ConfirmTests : IAsyncDisposable
{
    private DurableNode _node = new();

    public ValueTask DisposeAsync() => _node.DisposeAsync();

    [Theory]
    [InlineData(true, true, false, true)]
    [InlineData(true, false, false, false)]
    [InlineData(false, true, false, false)]
    [InlineData(true, true, true, false)]
    public async Task A_confirm_waits_for_the_sync_of_what_is_stored(
        bool durable, bool persistent, bool isConsumedAtOnce, bool waits)
    {
        DurableClient client = await _node.ConnectAsync();
        await client.DeclareAsync("q", durable: durable);
        if (isConsumedAtOnce)
        {
            DurableClient consumer = await _node.ConnectAsync();
            await consumer.Wire.ConsumeAsync(1, "q", noAck: true);
        }
        await client.ConfirmAsync();
        await client.PublishAsync("q", "m", persistent);
        if (!waits)
            await client.Wire.ExpectAsync(MethodId.BasicAck);
        await client.PassAsync("q");
        _node.Commit();
        if (waits)
            await client.Wire.ExpectAsync(MethodId.BasicAck);
        await client.PassAsync("q");
        _node = await _node.CrashAsync();
        if (!durable)
            return;
        client = await _node.ConnectAsync();
        Assert.Equal(waits ? ["m"] : [], await client.DrainAsync("q"));
    }

    [Theory]
    [InlineData(10)]
    [InlineData(5_000)]
    [InlineData(20_000)]
    public async Task A_confirm_waits_for_the_slowest_of_several_queues(int bodyBytes)
    {
        DurableClient client = await _node.ConnectAsync();
        string[] queues = ["durable1", "durable2", "transient"];
        foreach (string queue in queues)
            await client.DeclareAsync(queue, durable: queue != "transient");
        await client.BindAsync("x", queues);
        await client.ConfirmAsync();
        byte[] body = new byte[bodyBytes];
        body.AsSpan().Fill(7);
        await client.PublishAsync("x", "", body, new BasicProperties { DeliveryMode = 2 });
        foreach (string queue in queues)
            Assert.Equal(1u, await client.PassAsync(queue));
        _node.Commit();
        await client.Wire.ExpectAsync(MethodId.BasicAck);
        _node = await _node.CrashAsync();
        client = await _node.ConnectAsync();
        Assert.Equal(body, (await client.GetAsync("durable1"))!.Body);
        Assert.Equal(body, (await client.GetAsync("durable2"))!.Body);
    }

    /// <summary>
    /// Every record has a round of its own here: the acknowledgement's is the last of the turn, behind the publish.
    /// </summary>
    [Fact]
    public async Task A_confirm_waits_for_acknowledgements_that_were_sent_before_it()
    {
        await _node.DisposeAsync();
        _node = new DurableNode(options: new NodeLogOptions { SegmentBytes = 64 * 1024, MostRoundBytes = 1 });
        DurableClient client = await _node.ConnectAsync();
        await client.DeclareAsync("q");
        await client.ConfirmAsync();
        await client.PublishSafelyAsync("q", "old");
        Received got = (await client.GetAsync("q"))!;
        client.Wire.Add(1, new BasicAck(got.DeliveryTag, multiple: false));
        await client.PublishAsync("q", "new");
        await client.PassAsync("q");
        Assert.Equal(CommitOutcome.Committed, _node.Log.CommitRound());
        await client.PassAsync("q");
        _node.Commit();
        await client.Wire.ExpectAsync(MethodId.BasicAck);
        _node = await _node.CrashAsync();
        client = await _node.ConnectAsync();
        Assert.Equal(["new"], await client.DrainAsync("q"));
    }

    [Fact]
    public async Task What_cannot_be_routed_is_returned_and_confirmed_at_once()
    {
        DurableClient client = await _node.ConnectAsync();
        await client.ConfirmAsync();
        await client.PublishAsync("", "nowhere", [1], new BasicProperties { DeliveryMode = 2 }, mandatory: true);
        await client.Wire.ExpectAsync(MethodId.BasicReturn);
        await client.Wire.ExpectAsync(MethodId.BasicAck);
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public async Task A_transaction_waits_for_the_sync_of_publishes_and_acknowledgements(bool publishes, bool acks)
    {
        DurableClient client = await _node.ConnectAsync();
        await client.Wire.OpenChannelAsync(2);
        await client.DeclareAsync("q");
        await client.ConfirmAsync();
        await client.PublishSafelyAsync("q", "old");
        DurableClient other = await _node.ConnectAsync();
        await other.Wire.OpenChannelAsync(2);
        await other.Wire.CallAsync(1, new TxSelect(), MethodId.TxSelectOk);
        if (acks)
        {
            Received got = (await other.GetAsync("q"))!;
            await other.Wire.SendAsync(1, new BasicAck(got.DeliveryTag, multiple: false));
        }
        if (publishes)
            await other.PublishAsync("q", "new");
        await other.Wire.SendAsync(1, new TxCommit());
        await other.LookAsync("q", channel: 2);
        _node.Commit();
        await other.Wire.ExpectAsync(MethodId.TxCommitOk);
        _node = await _node.CrashAsync();
        client = await _node.ConnectAsync();
        List<string> expected = acks ? [] : ["old"];
        if (publishes)
            expected.Add("new");
        Assert.Equal(expected, await client.DrainAsync("q"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_purge_is_answered_when_what_was_purged_cannot_come_back(bool isNoWait)
    {
        DurableClient client = await _node.ConnectAsync();
        await client.Wire.OpenChannelAsync(2);
        await client.DeclareAsync("q");
        await client.ConfirmAsync();
        await client.PublishSafelyAsync("q", "one", "two");
        await client.Wire.SendAsync(1, new QueuePurge("q", isNoWait));
        await client.LookAsync("q", channel: 2);
        _node.Commit();
        if (!isNoWait)
            Assert.Equal(2u, (await client.Wire.ExpectAsync(MethodId.QueuePurgeOk)).MessageCount);
        _node = await _node.CrashAsync();
        Assert.Empty(await (await _node.ConnectAsync()).DrainAsync("q"));
    }

    [Fact]
    public async Task The_confirm_of_a_message_whose_queue_is_deleted_before_the_sync_comes_too()
    {
        DurableClient client = await _node.ConnectAsync();
        await client.DeclareAsync("q");
        await client.ConfirmAsync();
        await client.PublishAsync("q", "m");
        await client.PassAsync("q");
        DurableClient other = await _node.ConnectAsync();
        await _node.CommittingAsync(other.Wire.CallAsync(
            1, new QueueDelete("q", ifUnused: false, ifEmpty: false, noWait: false), MethodId.QueueDeleteOk));
        await _node.CommittingAsync(client.Wire.ExpectAsync(MethodId.BasicAck));
    }

    [Fact]
    public async Task When_the_log_fails_nobody_is_confirmed_and_nothing_falls_over()
    {
        DurableClient client = await _node.ConnectAsync();
        await client.DeclareAsync("q");
        await client.ConfirmAsync();
        _node.Disk.FailAt(_node.Disk.OperationCount + 1, DiskFailure.Other);
        await client.PublishAsync("q", "first");
        await client.PassAsync("q");
        Assert.Equal(CommitOutcome.Failed, _node.Log.CommitRound());
        await client.PublishAsync("q", "second");
        Assert.NotEmpty(_node.Told);
        // The answer would come behind a confirm.
        await client.Wire.CallAsync(0, new ConnectionClose(200, "", 0, 0), MethodId.ConnectionCloseOk);
    }

    [Fact]
    public async Task Publishers_wait_while_the_log_is_behind_and_go_on_when_it_is_not()
    {
        const int Messages = 4000;
        await _node.DisposeAsync();
        _node = new DurableNode(options: new NodeLogOptions { PendingLimitBytes = 64 * 1024 });
        DurableClient client = await _node.ConnectAsync();
        DurableClient other = await _node.ConnectAsync();
        await client.DeclareAsync("q");
        byte[] body = new byte[2000];
        for (int count = 0; count < Messages; count++)
            client.Wire.AddPublish(1, "", "q", body, new BasicProperties { DeliveryMode = 2 }.ToArray());
        Task sent = client.Wire.FlushInBackground();
        long most = 0;
        await Eventually.True(() => _node.Log.IsBehind);
        // Without a sync the publisher does not go on, however often the queue has a turn.
        for (int turn = 0; turn < 500; turn++)
            await other.PassAsync("q");
        Assert.False(sent.IsCompleted);
        await Eventually.True(() =>
        {
            most = Math.Max(most, _node.Log.PendingBytes);
            _node.Log.CommitRound();
            return sent.IsCompleted;
        });
        Assert.InRange(most, 64 * 1024, 3_000_000);
        await Eventually.True(() =>
        {
            _node.Commit();
            return _node.Host.Queue("q").ReadyCount == Messages;
        });
    }
}
