using Warren.Broker.Durability;
using Warren.Broker.Messages;
using Warren.Broker.Queues.Replicated;
using Warren.Storage;
using Warren.Storage.Collections;

namespace Warren.Broker.Queues;

/// <summary>
/// A queue's decisions about stored messages as entries of its group in the node log: which it took, which are gone,
/// which came back how often. Owned by the queue's turn. What is gone is gathered and written once a turn, before
/// anybody sees an outcome of that turn. A queue that stores nothing has one that is not open and does nothing.
/// The format of the entries is docs/formats/queue-log.md.
/// </summary>
public class QueueLog
{
    private readonly RemovedRanges _removed = new();
    private LazyQueue<(Lsn Lsn, long Position)> _marks;
    private NodeLog? _log;
    private LogGroup? _group;
    private TimeProvider _time = null!;
    // Counted returns, by the position of their message: the entry that says how often.
    private Dictionary<long, long>? _returns;
    private Dictionary<long, SharedBody>? _shared;
    private long _lastAppended;
    private bool _isClosed;

    /// <summary>The queue has been closed.</summary>
    private protected bool IsClosed => _isClosed;

    /// <summary>There is a group, and the queue is alive.</summary>
    public virtual bool IsOpen => _group is not null && !_isClosed;

    /// <summary>Every message becomes an entry, whether its publisher wants it on a disk or not.</summary>
    public virtual bool StoresAll => false;

    /// <summary>What this node cannot read others have: it is not lost, and the queue can go on there.</summary>
    public virtual bool IsKeptByOthers => false;

    /// <summary>The queue has been closed, and its group is still to be dropped.</summary>
    public virtual bool IsEnding => _group is not null && _isClosed;

    /// <summary>The queue has been closed, and a crash now could still bring it back.</summary>
    public virtual bool MayComeBack => IsEnding || (_isClosed && _log is not null && LastLsn > _log.DurableLsn);

    /// <summary>The node's log has taken far more than it has written, from whomever.</summary>
    public virtual bool IsNodeBehind => _log is { HasMuchPending: true };

    /// <summary>Something was removed and not written yet.</summary>
    public bool HasRemoved => !_removed.IsEmpty;

    /// <summary>What was removed and not written yet.</summary>
    private protected RemovedRanges Removed => _removed;

    /// <summary>Messages that are not stored and were written to spare memory; open or not without this one.</summary>
    internal PagedLog Paged { get; } = new();

    /// <summary>
    /// The queue's last record; 0: none since the start. In a replicated queue, here and wherever a queue waits: the
    /// index of its last entry, which is durable when it is committed.
    /// </summary>
    public Lsn LastLsn { get; private protected set; }

    /// <summary>Every stored message up to this position is on stable storage.</summary>
    public long DurablePosition { get; private protected set; }

    /// <summary>The node's log takes records faster than it writes them, some of this queue's among them.</summary>
    public virtual bool IsBehind => _log is { IsBehind: true } && LastLsn > _log.DurableLsn;

    /// <summary>Begins; everything up to <paramref name="durablePosition"/> was found by recovery.</summary>
    public void Open(NodeLog log, LogGroup group, TimeProvider time, long durablePosition)
    {
        _log = log;
        _group = group;
        _time = time;
        DurablePosition = durablePosition;
    }

    /// <summary>Nothing is written any more: the queue has been closed.</summary>
    public virtual void Close()
    {
        _removed.Clear();
        _shared = null;
        _returns = null;
        _isClosed = true;
        Paged.Close();
    }

    /// <summary>Nothing is written any more, of whatever there is: another machine takes over.</summary>
    internal void Abandon() => _isClosed = true;

    /// <summary>
    /// Stores a message under its position; its record's place is noted in it. <paramref name="replaces"/>: the
    /// entries that it takes the place of, by rising index.
    /// </summary>
    internal virtual void Append(
        ref QueuedMessage queued, SharedBody? shared, long nowMs, ReadOnlySpan<IndexRange> replaces = default)
    {
        Span<byte> meta = stackalloc byte[MessageMeta.MostBytes];
        long? expiresAt = queued.Expires
            ? _time.GetUtcNow().ToUnixTimeMilliseconds() + queued.ExpiresAtMs - nowMs
            : null;
        meta = meta[..MessageMeta.Write(meta, in queued, expiresAt)];
        Appended appended = _group!.Append(new NewEntry
        {
            Index = new LogIndex(queued.Position),
            Meta = meta,
            Body = shared is null ? queued.Message.Bytes : default,
            SharedBody = shared,
            WhenWritten = shared is null ? queued.Message.Slab.HoldUntilWritten(queued.Message.SizeBytes) : null,
            Releases = replaces,
            IsKept = true,
        });
        if (shared is not null)
            (_shared ??= []).Add(queued.Position, shared);
        queued.Record = shared is null ? appended.Position : default;
        NoteAppended(ref queued, appended.Lsn);
    }

    private protected void NoteAppended(ref QueuedMessage queued, Lsn lsn)
    {
        queued.Flags |= PublishFlags.Stored;
        LastLsn = lsn;
        _lastAppended = queued.Position;
    }

    /// <summary>Stores a message that goes to the tail again: under its new position, in place of the old.</summary>
    internal void AppendAgain(ref QueuedMessage queued, long oldPosition, long nowMs)
    {
        SharedBody? shared = null;
        _shared?.Remove(oldPosition, out shared);
        // The new entry says how often it came back: what said so goes with the old one.
        long returned = 0;
        bool hasReturn = _returns is not null && _returns.Remove(oldPosition, out returned);
        ReadOnlySpan<IndexRange> replaced = [OnlyOf(oldPosition), OnlyOf(returned)];
        Append(ref queued, shared, nowMs, hasReturn ? replaced : replaced[..1]);
    }

    /// <summary>A stored message is gone, for whatever reason.</summary>
    internal void Remove(long position)
    {
        if (!IsOpen)
            return;
        _shared?.Remove(position);
        if (_returns is not null && _returns.Remove(position, out long returned))
            _removed.Add(returned);
        _removed.Add(position);
    }

    /// <summary>
    /// A stored message has been taken over by somebody else, who says so before he can be seen to have it: on any
    /// thread. <see cref="Forget"/> follows in the queue's own turn.
    /// </summary>
    internal virtual void ReleaseTaken(long position) =>
        Volatile.Read(ref _group)?.Release(new IndexRange(new LogIndex(position), new LogIndex(position)));

    /// <summary>A stored message was released by who took it over: nothing else is kept of it.</summary>
    internal virtual void Forget(long position)
    {
        if (!IsOpen)
            return;
        _shared?.Remove(position);
        if (_returns is not null && _returns.Remove(position, out long returned))
            _removed.Add(returned);
    }

    /// <summary>A stored message came back for the <paramref name="count"/>-th time; takes an index.</summary>
    internal virtual void Return(long position, int count, long index)
    {
        _ = ReturnAnew(position, count, index, left: null);
    }

    /// <summary>The log says of a message how often it came back, by an entry of its own.</summary>
    internal bool HasReturn(long position) => _returns?.ContainsKey(position) == true;

    /// <summary>
    /// Says how often a stored message came back, in place of what said so before, which goes at once, or is named in
    /// <paramref name="left"/>; takes an index.
    /// </summary>
    internal ReturnEntry ReturnAnew(long position, int count, long index, RemovedRanges? left)
    {
        Span<byte> meta = stackalloc byte[MessageMeta.MostBytes];
        meta = meta[..MessageMeta.WriteReturn(meta, position, count)];
        bool releases = (_returns ??= []).Remove(position, out long before);
        IndexRange replaced = OnlyOf(before);
        if (releases && left is not null)
        {
            left.Add(before);
            releases = false;
        }
        Appended appended = _group!.Append(new NewEntry
        {
            Index = new LogIndex(index),
            Meta = meta,
            Releases = releases ? new ReadOnlySpan<IndexRange>(in replaced) : [],
            IsKept = true,
        });
        LastLsn = appended.Lsn;
        _returns.Add(position, index);
        return new ReturnEntry(index, position, appended.Position, meta.Length);
    }

    /// <summary>
    /// Entries from this index on are written anew and nobody's yet: a start that finds this mark throws them away,
    /// unless consensus has begun, whose state takes the mark's place.
    /// </summary>
    internal void BeginAnew(long index) => LastLsn = _group!.SetState(QueueRecovery.WriteAnew(index)).Lsn;

    /// <summary>A start has found such a mark.</summary>
    internal void ThrowAwayFrom(long index)
    {
        _group!.Truncate(new LogIndex(index), default);
        LastLsn = _group.SetState(QueueRecovery.NoState).Lsn;
    }

    /// <summary>A stored message has been written anew: names its old entries.</summary>
    internal void Leave(long position, RemovedRanges left)
    {
        _shared?.Remove(position);
        left.Add(position);
        if (_returns is not null && _returns.Remove(position, out long returned))
            left.Add(returned);
    }

    /// <summary>The group is somebody else's from now on, and nothing is written any more.</summary>
    internal LogGroup HandOver()
    {
        LogGroup group = _group!;
        Volatile.Write(ref _group, null);
        Close();
        Paged.Drop();
        return group;
    }

    /// <summary>Writes what is gone, under an index of its own.</summary>
    internal virtual void WriteRemoved(long index)
    {
        LastLsn = _group!.Append(new NewEntry
        {
            Index = new LogIndex(index),
            Releases = _removed.Sorted(),
        }).Lsn;
        _removed.Clear();
    }

    /// <summary>The end of a turn: what was stored up to here is durable when its last record is.</summary>
    internal void Mark()
    {
        if (_lastAppended == 0)
            return;
        _marks.Enqueue((LastLsn, _lastAppended));
        _lastAppended = 0;
    }

    /// <summary>The group is durable up to here.</summary>
    internal virtual void NoteDurable(Lsn lsn)
    {
        while (_marks.TryPeek(out (Lsn Lsn, long Position) mark) && mark.Lsn <= lsn)
        {
            _marks.Dequeue();
            DurablePosition = mark.Position;
        }
        Paged.NoteDurable(lsn);
    }

    /// <summary>The next place in the queue's order, which is the index of the entry that is written next.</summary>
    internal virtual long NextPosition(long last) => last + 1;

    /// <summary>Where the bytes of a stored message are: with its record, or in a body that it shares.</summary>
    internal virtual FetchItem Locate(in FetchItem item) =>
        item.Record.IsNone ? item with { SharedBody = _shared?.GetValueOrDefault(item.Position) } : item;

    /// <summary>What was written last is not on stable storage yet.</summary>
    internal virtual bool IsAwaited => IsOpen && LastLsn > _log!.DurableLsn;

    /// <summary>Recovery found a message that shares its body.</summary>
    internal void RecoverShared(long position, SharedBody body) => (_shared ??= []).Add(position, body);

    /// <summary>
    /// Recovery found a counted return, by rising index. One before it is live only if damage has taken the record
    /// that released it: it is released again.
    /// </summary>
    internal void RecoverReturn(long position, long index)
    {
        _returns ??= [];
        if (_returns.TryGetValue(position, out long before))
            _removed.Add(before);
        _returns[position] = index;
    }

    /// <summary>What the queue remembers over a clean stop.</summary>
    internal virtual void SetState(ReadOnlySpan<byte> state)
    {
        if (IsOpen)
            LastLsn = _group!.SetState(state).Lsn;
    }

    /// <summary>The group ends, with everything in it.</summary>
    internal virtual void Drop()
    {
        Close();
        if (_group is not null)
            LastLsn = _group.Drop().Lsn;
        _group = null;
        Paged.Drop();
    }

    private static IndexRange OnlyOf(long position) => new(new LogIndex(position), new LogIndex(position));
}
