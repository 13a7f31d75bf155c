using Warren.Broker.Durability;
using Warren.Storage;
using Warren.Storage.Collections;
using RecordPosition = Warren.Storage.Position;

namespace Warren.Broker.Queues;

/// <summary>
/// What a queue has written to spare memory: messages that it does not store, as entries of a group of their own, which
/// nothing brings back after a restart. Owned by the queue's turn. A message has an entry only while it is ready: once
/// its bytes are here again and it is taken, or it is dropped, the entry is released with the others of the turn.
/// Entries have indexes of their own, since messages are written in another order than that of their positions.
/// The group is made when the first message is written, and ends with the queue.
/// </summary>
internal sealed class PagedLog
{
    private readonly RemovedRanges _removed = new();
    private LazyQueue<(Lsn Lsn, long Index)> _marks;
    // Entries of messages whose bytes are still in memory, by the message's position.
    private Dictionary<long, (long Index, RecordPosition Record)>? _pending;
    private NodeLog? _log;
    private GroupId _id;
    private IGroupOwner _owner = null!;
    private LogGroup? _group;
    private long _lastIndex;
    private long _markedIndex;
    private long _durableIndex;
    private long _roomBytes;
    private bool _isClosed;

    /// <summary>Bytes of messages that have an entry and are in memory yet.</summary>
    public long PendingBytes { get; private set; }

    /// <summary>The group's last record; 0: none.</summary>
    public Lsn LastLsn { get; private set; }

    /// <summary>There is a group.</summary>
    public bool IsUsed => _group is not null;

    /// <summary>Another message may be written in this turn.</summary>
    public bool HasRoom => _roomBytes > 0 && !_log!.IsBehind;

    /// <summary>Where messages may be written to. More than once does nothing.</summary>
    public void Open(NodeLog log, GroupId id, IGroupOwner owner)
    {
        _log = log;
        _id = id;
        _owner = owner;
    }

    /// <summary>Lets this turn write so much; 0 or less: nothing.</summary>
    public void Allow(long bytes) => _roomBytes = _log is null || _isClosed ? 0 : bytes;

    /// <summary>
    /// A message that could be written: it has its bytes, no entry anywhere, and no count of returns, which is kept in
    /// the log with the message.
    /// </summary>
    public static bool Takes(in QueuedMessage queued) =>
        queued is { IsStored: false, IsPaged: false, DeliveryCount: < 0, Message.IsResident: true };

    /// <summary>Writes a message; its bytes stay until <see cref="TryGiveUp"/>.</summary>
    public void Append(ref QueuedMessage queued)
    {
        _group ??= _log!.OpenGroup(_id, _owner);
        Span<byte> meta = stackalloc byte[MessageMeta.MostBytes];
        meta = meta[..MessageMeta.Write(meta, in queued, expiresAt: null)];
        int sizeBytes = queued.Message.SizeBytes;
        Appended appended = _group.Append(new NewEntry
        {
            Index = new LogIndex(++_lastIndex),
            Meta = meta,
            Body = queued.Message.Bytes,
            WhenWritten = queued.Message.Slab.HoldUntilWritten(sizeBytes),
            IsKept = true,
        });
        LastLsn = appended.Lsn;
        queued.Flags |= PublishFlags.Paged;
        (_pending ??= []).Add(queued.Position, (_lastIndex, appended.Position));
        PendingBytes += sizeBytes;
        _roomBytes -= sizeBytes;
    }

    /// <summary>Takes a message's bytes from it if its entry is durable; they are still to be released.</summary>
    public bool TryGiveUp(ref QueuedMessage queued)
    {
        if (_pending is null || !_pending.TryGetValue(queued.Position, out (long Index, RecordPosition Record) entry)
            || entry.Index > _durableIndex)
            return false;
        _pending.Remove(queued.Position);
        PendingBytes -= queued.Message.SizeBytes;
        queued.PageOut(entry.Index, entry.Record);
        return true;
    }

    /// <summary>A message has left, or is about to be handed out: it needs its entry no more.</summary>
    public void Remove(ref QueuedMessage queued)
    {
        if (!queued.IsPaged)
            return;
        long index = queued.PagedIndex;
        if (queued.Message.IsResident)
        {
            index = 0;
            if (_pending is not null
                && _pending.Remove(queued.Position, out (long Index, RecordPosition Record) pending))
            {
                index = pending.Index;
                PendingBytes -= queued.Message.SizeBytes;
            }
        }
        if (index > 0 && !_isClosed)
            _removed.Add(index);
        queued.ForgetPaged();
    }

    /// <summary>The end of a turn: writes what is gone, and notes how far was written.</summary>
    public void Write()
    {
        if (!_removed.IsEmpty)
        {
            LastLsn = _group!.Append(new NewEntry
            {
                Index = new LogIndex(++_lastIndex),
                Releases = _removed.Sorted(),
            }).Lsn;
            _removed.Clear();
        }
        if (_lastIndex == _markedIndex)
            return;
        _markedIndex = _lastIndex;
        _marks.Enqueue((LastLsn, _lastIndex));
    }

    /// <summary>The group is durable up to here.</summary>
    public void NoteDurable(Lsn lsn)
    {
        while (_marks.TryPeek(out (Lsn Lsn, long Index) mark) && mark.Lsn <= lsn)
        {
            _marks.Dequeue();
            _durableIndex = mark.Index;
        }
    }

    /// <summary>Records were copied; by rising index. For those whose bytes are still here.</summary>
    public void Move(ReadOnlySpan<MovedEntry> moves)
    {
        if (_pending is null || _pending.Count == 0)
            return;
        foreach ((long position, (long index, _)) in _pending)
        {
            if (TryFind(moves, index, out RecordPosition to))
                _pending[position] = (index, to);
        }
    }

    /// <summary>Where the record of this index is now, if it was copied.</summary>
    public static bool TryFind(ReadOnlySpan<MovedEntry> moves, long index, out RecordPosition to)
    {
        int low = 0;
        int high = moves.Length;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (moves[middle].Index.Value < index)
                low = middle + 1;
            else
                high = middle;
        }
        bool isFound = low < moves.Length && moves[low].Index.Value == index;
        to = isFound ? moves[low].To : default;
        return isFound;
    }

    /// <summary>Nothing is written any more: the queue has been closed.</summary>
    public void Close()
    {
        _removed.Clear();
        _pending = null;
        PendingBytes = 0;
        _roomBytes = 0;
        _isClosed = true;
    }

    /// <summary>The group ends, with everything in it.</summary>
    public void Drop()
    {
        Close();
        _group?.Drop();
        _group = null;
        _log = null;
    }
}
