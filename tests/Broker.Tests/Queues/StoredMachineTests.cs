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
}
