using System.Buffers;
using System.Numerics;
using Warren.Storage;

namespace Warren.Broker.Queues;

/// <summary>
/// Messages that were never handed out, in the order they came: a chain of pooled chunks, so that a long queue grows
/// without copying and gives memory up as it is drained. Invariant: positions rise from first to last; taken entries
/// are default, so that a chunk that goes back to the pool keeps no slab alive.
/// </summary>
internal sealed class MessageRun
{
    /// <summary>An empty run keeps a chunk of at most this size: 896 bytes.</summary>
    private const int SmallestChunk = 16;

    /// <summary>28 KiB: far from the large object heap.</summary>
    private const int LargestChunk = 512;

    private Chunk? _first;
    private Chunk? _last;
    private Chunk? _spare;
    private int _head;
    private int _tail;
    // Everything before it has been looked at by PageOut.
    private Cursor _paged;
    // Everything before it has been looked at by WriteOut, the last of it at this position.
    private Cursor _written;
    private long _writtenPosition;
    // Everything before it has been looked at by PageOutWritten, which never comes past the other.
    private Cursor _given;
    // Nothing behind this position was ever given up.
    private long _pagedPosition;
    // Everything before it has been named by CollectPagedOut, the last of it at this position: from there to the head
    // nothing is given up any more, since nobody would read it.
    private Cursor _collected;
    private long _collectedPosition;
    // Places of messages that were taken out; never the first.
    private int _gone;

    public int Count { get; private set; }

    /// <summary>The oldest message. Only while <see cref="Count"/> is not 0.</summary>
    public ref QueuedMessage First => ref _first!.Items[_head];

    public void Add(in QueuedMessage queued)
    {
        if (_last is null || _tail == _last.Items.Length)
            Extend();
        _last!.Items[_tail++] = queued;
        if (!queued.Message.IsResident)
            _pagedPosition = queued.Position;
        Count++;
    }

    public void RemoveFirst()
    {
        Count--;
        RemovePlace();
        for (; _gone > 0 && First.Flags == PublishFlags.Gone; _gone--)
            RemovePlace();
    }

    /// <summary>Takes out the messages of these positions, wherever they are.</summary>
    public void Take(HashSet<long> positions, List<QueuedMessage> taken)
    {
        if (Count == 0 || positions.Count == 0)
            return;
        (long first, long last) = (positions.Min(), positions.Max());
        for (Chunk? chunk = _first; chunk is not null; chunk = chunk.Next)
        {
            Span<QueuedMessage> used = Used(chunk);
            if (used[0].Position > last)
                break;
            if (used[^1].Position < first)
                continue;
            foreach (ref QueuedMessage queued in used)
            {
                if (queued.Flags == PublishFlags.Gone || !positions.Contains(queued.Position))
                    continue;
                taken.Add(queued);
                // Others find their way by positions.
                queued = new QueuedMessage { Position = queued.Position, Flags = PublishFlags.Gone };
                _gone++;
                Count--;
            }
        }
        for (; _gone > 0 && First.Flags == PublishFlags.Gone; _gone--)
            RemovePlace();
    }

    /// <summary>Shows every message to <paramref name="relocate"/>, which may put it elsewhere.</summary>
    public void Rehome(Relocation relocate)
    {
        for (Chunk? chunk = _first; chunk is not null; chunk = chunk.Next)
        {
            foreach (ref QueuedMessage queued in Used(chunk))
                relocate(ref queued.Message);
        }
    }

    /// <summary>Sets how often messages came back, by position.</summary>
    public void SetCounts(Dictionary<long, int> counts)
    {
        for (Chunk? chunk = _first; chunk is not null; chunk = chunk.Next)
        {
            foreach (ref QueuedMessage queued in Used(chunk))
            {
                if (!counts.TryGetValue(queued.Position, out int count))
                    continue;
                queued.DeliveryCount = count;
                queued.Redelivered = true;
            }
        }
    }

    /// <summary>
    /// Gives up the bytes of stored messages up to <paramref name="durablePosition"/>, but not of the first
    /// <paramref name="keepBytes"/> if none was given up yet. Returns how many bytes that were. Looks at each message
    /// once, however often it is called.
    /// </summary>
    public long PageOut(long durablePosition, long keepBytes, EffectList effects)
    {
        if (Count == 0)
            return 0;
        if (IsAtHead(ref _paged))
        {
            while (keepBytes > 0 && TryPeek(ref _paged, out QueuedMessage[] items, out int at))
            {
                keepBytes -= items[at].Message.SizeBytes;
                _paged.At++;
            }
        }
        long bytes = 0;
        while (TryPeek(ref _paged, out QueuedMessage[] items, out int at))
        {
            ref QueuedMessage queued = ref items[at];
            if (queued.Position > durablePosition)
                break;
            if (queued.Position > _collectedPosition)
                bytes += GiveUp(ref queued, effects);
            _pagedPosition = Math.Max(_pagedPosition, queued.Position);
            _paged.At++;
        }
        return bytes;
    }

    /// <summary>
    /// Writes messages that are not stored, as many as <paramref name="paged"/> has room for, the oldest first, but not
    /// the first <paramref name="keepBytes"/> if none was written yet.
    /// </summary>
    public void WriteOut(PagedLog paged, long keepBytes)
    {
        if (Count == 0 || !paged.HasRoom)
            return;
        bool isAtHead = IsAtHead(ref _written);
        while (paged.HasRoom && TryPeek(ref _written, out QueuedMessage[] items, out int at))
        {
            ref QueuedMessage queued = ref items[at];
            if (isAtHead && keepBytes > 0)
                keepBytes -= queued.Message.SizeBytes;
            else if (queued.Position > _collectedPosition && PagedLog.Takes(in queued))
                paged.Append(ref queued);
            _writtenPosition = queued.Position;
            _written.At++;
        }
    }

    /// <summary>Gives up the bytes of what was written and is durable. Returns how many that were.</summary>
    public long PageOutWritten(PagedLog paged, EffectList effects)
    {
        if (Count == 0)
            return 0;
        long bytes = 0;
        IsAtHead(ref _given);
        while (TryPeek(ref _given, out QueuedMessage[] items, out int at))
        {
            ref QueuedMessage queued = ref items[at];
            if (queued.Position > _writtenPosition)
                break;
            if (queued is { IsPaged: true, Message.IsResident: true } && queued.Position > _collectedPosition)
            {
                if (!GiveUpWritten(ref queued, paged, effects))
                    break;
                bytes += queued.Message.SizeBytes;
            }
            _pagedPosition = Math.Max(_pagedPosition, queued.Position);
            _given.At++;
        }
        return bytes;
    }

    /// <summary>Gives up one message's bytes if its paged entry is durable.</summary>
    public static bool GiveUpWritten(ref QueuedMessage queued, PagedLog paged, EffectList effects)
    {
        Messages.Message message = queued.Message;
        if (!paged.TryGiveUp(ref queued))
            return false;
        effects.Release(in message);
        return true;
    }

    /// <summary>Gives up one message's bytes, if it has them and the log has them too.</summary>
    public static int GiveUp(ref QueuedMessage queued, EffectList effects)
    {
        if (!queued.IsStored || !queued.Message.IsResident)
            return 0;
        effects.Release(in queued.Message);
        queued.Message = queued.Message.PagedOut;
        return queued.Message.SizeBytes;
    }

    /// <summary>
    /// Names the next messages whose bytes are not in memory, each once, until <paramref name="batch"/> is full.
    /// </summary>
    public void CollectPagedOut(FetchBatch batch)
    {
        if (Count == 0)
            return;
        IsAtHead(ref _collected);
        while (!batch.IsFull && TryPeek(ref _collected, out QueuedMessage[] items, out int at))
        {
            if (items[at].Position > _pagedPosition)
                return;
            if (!items[at].Message.IsResident && items[at].Flags != PublishFlags.Gone)
                batch.Add(in items[at]);
            _collectedPosition = items[at].Position;
            _collected.At++;
        }
    }

    /// <summary>Notes where records are now; <paramref name="moves"/> by rising position.</summary>
    public void Move(ReadOnlySpan<MovedEntry> moves)
    {
        if (Count == 0)
            return;
        for (Chunk? chunk = _first; chunk is not null && moves.Length > 0; chunk = chunk.Next)
        {
            Span<QueuedMessage> used = Used(chunk);
            long last = used[^1].Position;
            int at = 0;
            while (moves.Length > 0 && moves[0].Index.Value <= last)
            {
                long wanted = moves[0].Index.Value;
                while (used[at].Position < wanted)
                    at++;
                if (used[at].Position == wanted)
                    used[at].MoveRecord(moves[0].To);
                moves = moves[1..];
            }
        }
    }

    /// <summary>Notes where records of the paged group are now; <paramref name="moves"/> by rising index.</summary>
    public void MovePaged(ReadOnlySpan<MovedEntry> moves)
    {
        if (Count == 0)
            return;
        long last = moves[^1].Index.Value;
        for (Chunk? chunk = _first; chunk is not null; chunk = chunk.Next)
        {
            foreach (ref QueuedMessage queued in Used(chunk))
            {
                if (!queued.IsPaged || queued.Message.IsResident)
                    continue;
                // A run is written in its order, so that indexes rise too.
                if (queued.PagedIndex > last)
                    return;
                if (PagedLog.TryFind(moves, queued.PagedIndex, out Position to))
                    queued.MoveRecord(to);
            }
        }
    }

    // The first; the caller counts.
    private void RemovePlace()
    {
        Chunk first = _first!;
        first.Items[_head++] = default;
        bool isLast = first == _last;
        if (isLast && _head == _tail)
            Reset();
        else if (_head == first.Items.Length)
        {
            _first = first.Next;
            _head = 0;
            Free(first);
        }
    }

    private Span<QueuedMessage> Used(Chunk chunk)
    {
        int from = chunk == _first ? _head : 0;
        int to = chunk == _last ? _tail : chunk.Items.Length;
        return chunk.Items.AsSpan(from..to);
    }

    // Moves a cursor that the head has passed to the head; true if it is there.
    private bool IsAtHead(ref Cursor cursor)
    {
        if (cursor.Chunk is null || (cursor.Chunk == _first && cursor.At < _head))
        {
            cursor.Chunk = _first;
            cursor.At = _head;
        }
        return cursor.Chunk == _first && cursor.At == _head;
    }

    private bool TryPeek(ref Cursor cursor, out QueuedMessage[] items, out int at)
    {
        Chunk chunk = cursor.Chunk!;
        if (cursor.At == chunk.Items.Length && chunk.Next is { } next)
        {
            cursor.Chunk = chunk = next;
            cursor.At = 0;
        }
        items = chunk.Items;
        at = cursor.At;
        return at < (chunk == _last ? _tail : items.Length);
    }

    /// <summary>Adds a chunk about as large as what waits, so that short queues stay small.</summary>
    private void Extend()
    {
        int size = Math.Clamp((int)BitOperations.RoundUpToPowerOf2((uint)Count), SmallestChunk, LargestChunk);
        Chunk chunk = _spare ?? new Chunk();
        _spare = null;
        chunk.Items = ArrayPool<QueuedMessage>.Shared.Rent(size);
        if (_last is null)
            _first = chunk;
        else
            _last.Next = chunk;
        _last = chunk;
        _tail = 0;
    }

    private void Reset()
    {
        _head = 0;
        _tail = 0;
        _paged = default;
        _written = default;
        _given = default;
        _collected = default;
        if (_first!.Items.Length <= SmallestChunk)
            return;
        Free(_first);
        _first = null;
        _last = null;
    }

    private void Free(Chunk chunk)
    {
        if (_paged.Chunk == chunk)
            _paged = default;
        if (_written.Chunk == chunk)
            _written = default;
        if (_given.Chunk == chunk)
            _given = default;
        if (_collected.Chunk == chunk)
            _collected = default;
        ArrayPool<QueuedMessage>.Shared.Return(chunk.Items);
        chunk.Items = [];
        chunk.Next = null;
        _spare = chunk;
    }

    private sealed class Chunk
    {
        public QueuedMessage[] Items = [];
        public Chunk? Next;
    }

    private struct Cursor
    {
        public Chunk? Chunk;
        public int At;
    }
}
