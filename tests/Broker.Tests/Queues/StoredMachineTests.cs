using Warren.Broker.Messages;
using Warren.Broker.Queues;
using Warren.Storage.Disk;
using Warren.Wire;
using Xunit;

namespace Warren.Broker.Tests.Queues;

/// <summary>What becomes of messages whose bytes cannot be read again.</summary>
public sealed class StoredMachineTests
{
    private readonly EffectList _effects = new();
    private readonly StoredMachine _stored;

    public StoredMachineTests()
    {
        _stored = new StoredMachine(new MemoryDisk(), new QueueSettings(), _effects, new ManualTime(), 0);
        for (int number = 0; number < 3; number++)
        {
            Message message = _stored.Make(number, 100);
            _stored.Machine.Publish(in message, -1, 0, PublishFlags.Persistent, default, 0);
        }
        _stored.Commit();
        _stored.Machine.Paging.PageOut(0, writes: false);
    }

    [Theory]
    [InlineData(true, 3)]
    [InlineData(false, 2)]
    public void What_the_disk_refuses_to_read_is_there_at_the_next_start(bool isRefused, int found)
    {
        _stored.Machine.Get("r", noAck: false, 0);
        FetchBatch batch = Assert.IsType<FetchBatch>(_stored.Machine.NextFetch(0));
        _stored.Read(batch);
        Message read = batch.Items[0].Message;
        read.Slab.Release(1);
        batch.Items[0] = batch.Items[0] with { Message = read.PagedOut, IsRefused = isRefused };
        _stored.Fetched(0);

        Assert.Equal(1, _stored.Machine.Totals.Lost);
        Assert.Equal((1, 1), (_stored.Machine.UnackedCount, _stored.Machine.ReadyCount));
        _stored.Commit();
        StoredMachine again = _stored.Restart(new QueueSettings(), new EffectList(), 0);
        Assert.Equal(found, again.Machine.ReadyCount);
    }

    [Fact]
    public void What_is_dropped_while_it_is_read_leaves_nothing_in_memory()
    {
        var effects = new EffectList();
        var stored = new StoredMachine(new MemoryDisk(), new QueueSettings(), effects, new ManualTime(), 0);
        for (int number = 0; number < 3; number++)
        {
            Message message = stored.Make(number, 100);
            stored.Machine.Publish(in message, 10, 0, PublishFlags.Persistent, default, 0);
        }
        stored.Commit();
        stored.Machine.Paging.PageOut(0, writes: false);
        Release(effects);
        stored.Machine.Get("r", noAck: true, 0);
        stored.Read(Assert.IsType<FetchBatch>(stored.Machine.NextFetch(0)));
        stored.Machine.Tick(20);
        stored.Fetched(20);
        Release(effects);

        Assert.Equal((3, 1), (stored.Machine.Totals.Expired, stored.Machine.Totals.GotEmpty));
        Assert.Equal(0, stored.Slabs.OutstandingBytes);
    }

    [Fact]
    public async Task A_get_waits_for_dead_letters_that_wait_for_the_log()
    {
        var effects = new EffectList();
        var settings = new QueueSettings { DeadLetterExchange = "dlx" };
        var stored = new StoredMachine(
            new MemoryDisk(), settings, effects, new ManualTime(), 0, pendingLimitBytes: 300);
        foreach (long ttlMs in (long[])[10, -1])
        {
            Message message = stored.Make((int)ttlMs, 200);
            stored.Machine.Publish(in message, ttlMs, 0, PublishFlags.Persistent, default, 0);
        }
        effects.Clear();
        // On a thread of its own: it must come back.
        await Task.Run(() => stored.Machine.Get("r", noAck: true, 20)).WaitAsync(Eventually.Patience);
        Assert.Equal(0, effects.Count);
        Assert.Equal(40, stored.Machine.NextDueMs);

        stored.Commit();
        stored.Machine.Tick(40);

        Assert.Equal((1, 1), (stored.Machine.Totals.Expired, stored.Machine.Totals.GotNoAck));
        Assert.Equal(0, stored.Machine.ReadyCount);
    }

    private static void Release(EffectList effects)
    {
        foreach (ref readonly QueueEffect effect in effects.Span)
        {
            if (effect.Kind == QueueEffectKind.Release)
                effect.Slab.Release(effect.References);
        }
        effects.Clear();
    }

    [Fact]
    public void Compaction_passes_over_what_is_on_disk()
    {
        new Compaction(_stored.Slabs).Run(_stored.Machine);

        Assert.Equal(3, _stored.Machine.ReadyCount);
        Assert.Equal(0, _stored.Machine.ResidentBytes);
    }

    [Fact]
    public void A_head_that_is_lost_does_not_take_the_next_one_along()
    {
        var effects = new EffectList();
        var settings = new QueueSettings { DeadLetterExchange = "dlx" };
        var stored = new StoredMachine(new MemoryDisk(), settings, effects, new ManualTime(), 0);
        foreach (long ttlMs in (long[])[10, 1_000_000])
        {
            Message message = stored.Make((int)ttlMs, 100);
            stored.Machine.Publish(in message, ttlMs, 0, PublishFlags.Persistent, default, 0);
        }
        stored.Commit();
        stored.Machine.Paging.PageOut(0, writes: false);
        stored.Machine.Tick(20);
        FetchBatch batch = Assert.IsType<FetchBatch>(stored.Machine.NextFetch(20));
        stored.Read(batch);
        Message read = batch.Items[0].Message;
        read.Slab.Release(1);
        batch.Items[0] = batch.Items[0] with { Message = read.PagedOut };
        stored.Fetched(20);

        Assert.Equal((1, 0), (stored.Machine.Totals.Lost, stored.Machine.Totals.Expired));
        Assert.Equal(1, stored.Machine.ReadyCount);
    }

    /// <summary>Three counted returns of one message, the release of the first lost with the damaged second.</summary>
    [Fact]
    public void Damage_of_a_counted_return_leaves_a_queue_that_starts()
    {
        var disk = new MemoryDisk();
        var settings = new QueueSettings { CountsDeliveries = true };
        var stored = new StoredMachine(disk, settings, new EffectList(), new ManualTime(), 0);
        Message message = stored.Make(0, 100);
        stored.Machine.Publish(in message, -1, 0, PublishFlags.Persistent, default, 0);
        stored.Commit();
        for (int count = 1; count <= 3; count++)
        {
            stored.QueueLog.Return(1, count, 1 + count);
            stored.Commit();
        }
        for (int number = 1; number < 4; number++)
        {
            stored.Machine.Stored.RecoverLast(100 + number);
            Message later = stored.Make(number, 100);
            stored.Machine.Publish(in later, -1, 0, PublishFlags.Persistent, default, 0);
            stored.Commit();
        }
        Assert.True(Damage(disk, [0x12, 1, 2]));

        StoredMachine again = stored.Restart(settings, new EffectList(), 0);

        Assert.Equal(4, again.Machine.ReadyCount);
    }

    // Spoils the first place where the log has these bytes: version and kind, position and count of a return.
    private static bool Damage(MemoryDisk disk, byte[] found)
    {
        foreach (string name in disk.List("log"))
        {
            IDiskFile file = disk.Open("log/" + name);
            byte[] all = new byte[file.LengthBytes];
            file.Read(0, all);
            int at = all.AsSpan().IndexOf(found);
            if (at < 0)
                continue;
            file.Write(at, [new byte[] { 0x55 }]);
            return true;
        }
        return false;
    }
}
