using System.Buffers.Binary;
using Warren.Broker.Durability;
using Warren.Broker.Messages;
using Warren.Broker.Queues;
using Warren.Storage;
using Warren.Storage.Disk;
using Warren.Storage.Inspection;
using Warren.Wire;
using Xunit;

namespace Warren.Broker.Tests.Queues;

/// <summary>
/// What a machine of a durable queue works with: a node log on a disk in memory, committed, read and crashed by the
/// test. Messages carry their number in the envelope, so that they are known whichever slab they lie in.
/// </summary>
internal sealed class StoredMachine : IGroupOwner, IStorageWatcher
{
    /// <summary>Two short strings, the second of 4 bytes: the number.</summary>
    public const int EnvelopeBytes = 6;

    private readonly MemoryDisk _disk;
    private readonly ManualTime _time;
    private readonly NodeLog _log;
    private readonly StorageBackground _background;
    private readonly EntryReader _reader;
    private readonly List<MovedEntries> _moves = [];
    private readonly PagedOwner _paged;
    private Lsn _durable;

    /// <param name="disk">New, or what an earlier machine left.</param>
    /// <param name="settings">The queue's.</param>
    /// <param name="effects">Where the machine's effects go.</param>
    /// <param name="time">The wall clock.</param>
    /// <param name="nowMs">The queue's time.</param>
    /// <param name="stores">The queue is durable.</param>
    /// <param name="pendingLimitBytes">With more appended and not synced the log is behind.</param>
    public StoredMachine(
        MemoryDisk disk, QueueSettings settings, EffectList effects, ManualTime time, long nowMs, bool stores = true,
        int pendingLimitBytes = int.MaxValue)
    {
        _paged = new PagedOwner(this);
        _time = time;
        _disk = disk;
        QueueLog = new QueueLog();
        Machine = new QueueMachine(settings, effects, nowMs, QueueLog);
        var options = new NodeLogOptions
        {
            SegmentBytes = 16 * 1024,
            CheckpointSpacingBytes = 4096,
            ReclaimSlackSegments = 0,
            PendingLimitBytes = pendingLimitBytes,
        };
        LogGroup? group = null;
        _log = StorageDirectory.Open(
            disk, options, this,
            (log, recovered) =>
            {
                if (recovered.Id.Value >= DurableGroups.PagedOffset)
                {
                    log.OpenGroup(recovered.Id, this).Drop();
                    return;
                }
                group = log.OpenGroup(recovered.Id, this);
                QueueRecovery.Run(recovered, Machine, QueueLog, log.Boot, nowMs, _time.GetUtcNow());
                QueueLog.Open(log, group, _time, recovered.LastIndex.Value);
            },
            () => { });
        if (group is null && stores)
            QueueLog.Open(_log, _log.OpenGroup(Group, this), _time, 0);
        _background = new StorageBackground(_log, options, this);
        _reader = _log.OpenReader();
        QueueLog.Paged.Open(_log, Paged, _paged);
    }

    public QueueMachine Machine { get; }

    public QueueLog QueueLog { get; }

    public SlabPool Slabs { get; } = new();

    public List<string> Damages { get; } = [];

    /// <summary>Entries of the queue, of any kind, that a start would find now.</summary>
    public long LiveEntries =>
        StorageInspection.Read(_disk).Groups.Where(group => group.Group == Group || group.Group == Paged)
            .Sum(group => group.LiveEntries);

    /// <summary>Of these, what was written to spare memory.</summary>
    public long LivePagedEntries =>
        StorageInspection.Read(_disk).Groups.Where(group => group.Group == Paged).Sum(group => group.LiveEntries);

    private static GroupId Group => new(1000);

    private GroupId Paged => DurableGroups.PagedOf(Group.Value, _log.Boot);

    public static int NumberOf(in Message message) => BinaryPrimitives.ReadInt32LittleEndian(message.RoutingKey);

    /// <summary>A message in a slab of its own, with one reference.</summary>
    public Message Make(int number, int bodyBytes)
    {
        Slab slab = Slabs.Rent(EnvelopeBytes + bodyBytes);
        slab.Bytes[0] = 0;
        slab.Bytes[1] = 4;
        BinaryPrimitives.WriteInt32LittleEndian(slab.Bytes.AsSpan(2), number);
        slab.Bytes.AsSpan(EnvelopeBytes, bodyBytes).Fill((byte)number);
        slab.UsedBytes = EnvelopeBytes + bodyBytes;
        return new Message(slab, 0, EnvelopeBytes, 0, bodyBytes);
    }

    /// <summary>The end of a turn, without the sync.</summary>
    public void EndTurn() => Machine.Stored.Write();

    /// <summary>Syncs what was appended.</summary>
    public void Commit()
    {
        Machine.Stored.Write();
        while (_log.CommitRound() == CommitOutcome.Committed)
        {
        }
        QueueLog.NoteDurable(_durable);
    }

    /// <summary>Reads what the machine wants, all of it; what is read is checked.</summary>
    public void Fetch(long nowMs)
    {
        while (Machine.NextFetch(nowMs) is { } batch)
        {
            Read(batch);
            Fetched(nowMs);
        }
    }

    /// <summary>The reader's part: whenever it comes to it, while the queue goes on.</summary>
    public void Read(FetchBatch batch)
    {
        foreach (ref FetchItem item in batch.Items)
        {
            int sizeBytes = item.Message.SizeBytes;
            bool isRead = item.SharedBody is { } shared
                ? _reader.TryRead(shared, out ReadOnlySpan<byte> bytes)
                : _reader.TryRead(
                    item.IsPaged ? Paged : Group, item.Index, item.Record, sizeBytes + EntryReader.EntryOverheadBytes,
                    out _, out bytes);
            if (!isRead)
                continue;
            Assert.Equal(sizeBytes, bytes.Length);
            Slab slab = Slabs.Rent(bytes.Length);
            bytes.CopyTo(slab.Bytes);
            item = item with
            {
                Message = new Message(slab, 0, EnvelopeBytes, 0, bytes.Length - EnvelopeBytes),
            };
        }
    }

    /// <summary>The queue's part: it takes what was read.</summary>
    public void Fetched(long nowMs)
    {
        Machine.Fetched(nowMs);
        foreach (MovedEntries moves in _moves)
            moves.Complete();
        _moves.Clear();
    }

    /// <summary>Writes a message's bytes as several queues share them.</summary>
    public SharedBody Share(in Message message) =>
        _log.AppendBody(message.Bytes, message.Slab.HoldUntilWritten(message.SizeBytes));

    /// <summary>A checkpoint, and reclaim of what is mostly dead.</summary>
    public void Reclaim()
    {
        _background.MakeCheckpoint();
        Commit();
        _background.RunOnce();
    }

    /// <summary>A clean stop: what the next start must know is noted.</summary>
    public void Stop()
    {
        QueueLog.SetState(QueueRecovery.WriteState(Machine, _log.Boot));
        Commit();
        _background.MakeCheckpoint();
    }

    /// <summary>The same directory, opened anew: as after a crash, or after <see cref="Stop"/>.</summary>
    public StoredMachine Restart(QueueSettings settings, EffectList effects, long nowMs) =>
        new(_disk, settings, effects, _time, nowMs);

    void IGroupOwner.Durable(Lsn lsn) => _durable = new Lsn(Math.Max(_durable.Value, lsn.Value));

    void IGroupOwner.Moved(MovedEntries moves)
    {
        Machine.Stored.Move([.. moves.Entries]);
        Complete(moves);
    }

    private void Complete(MovedEntries moves)
    {
        if (Machine.Paging.IsFetching)
            _moves.Add(moves);
        else
            moves.Complete();
    }

    void IStorageWatcher.SpaceChanged(bool isExhausted, string message) =>
        throw new InvalidOperationException(message);

    void IStorageWatcher.Failed(StorageFailedException error) => throw error;

    void IStorageWatcher.Damaged(string message) => Damages.Add(message);

    private sealed class PagedOwner(StoredMachine machine) : IGroupOwner
    {
        public void Durable(Lsn lsn) => ((IGroupOwner)machine).Durable(lsn);

        public void Moved(MovedEntries moves)
        {
            machine.Machine.Stored.MovePaged([.. moves.Entries]);
            machine.Complete(moves);
        }
    }
}
