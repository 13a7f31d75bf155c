using Warren.Storage;

namespace Warren.Broker.Queues;

/// <summary>
/// Messages that were handed out and came back: a binary heap by order. They always go before the lane's
/// <see cref="MessageRun"/>, since whatever was handed out was the head once.
/// </summary>
internal sealed class ReturnedMessages
{
    private const int FirstCapacity = 16;

    /// <summary>
    /// How many at the array's front keep their bytes, and are read again together: the heap's lowest are among them.
    /// </summary>
    private const int NearFront = 64;

    private Entry[] _heap = new Entry[FirstCapacity];
    private bool _mayPage;

    public int Count { get; private set; }

    /// <summary>The message of the lowest order. Only while <see cref="Count"/> is not 0.</summary>
    public ref QueuedMessage First => ref _heap[0].Queued;

    /// <summary>Adds a message; <paramref name="order"/> is unique.</summary>
    public void Add(in QueuedMessage queued, long order)
    {
        _mayPage = true;
        if (Count == _heap.Length)
            Array.Resize(ref _heap, Count * 2);
        int at = Count++;
        while (at > 0)
        {
            int parent = (at - 1) / 2;
            if (_heap[parent].Order < order)
                break;
            _heap[at] = _heap[parent];
            at = parent;
        }
        _heap[at].Queued = queued;
        _heap[at].Order = order;
    }

    public void RemoveFirst() => RemoveAt(0);

    /// <summary>Takes out the messages of these positions, wherever they are.</summary>
    public void Take(HashSet<long> positions, List<QueuedMessage> taken)
    {
        int kept = 0;
        for (int at = 0; at < Count; at++)
        {
            ref QueuedMessage queued = ref _heap[at].Queued;
            if (positions.Contains(queued.Position))
                taken.Add(queued);
            else
                _heap[kept++] = _heap[at];
        }
        if (kept == Count)
            return;
        Array.Clear(_heap, kept, Count - kept);
        Count = kept;
        for (int at = (kept / 2) - 1; at >= 0; at--)
            SiftDown(at, _heap[at]);
    }

    private void RemoveAt(int at)
    {
        int last = --Count;
        Entry moved = _heap[last];
        _heap[last] = default;
        if (last == 0 && _heap.Length > FirstCapacity)
            _heap = new Entry[FirstCapacity];
        if (at == last)
            return;
        // Up, if it came from another branch, or down.
        for (int parent = (at - 1) / 2; at > 0 && moved.Order < _heap[parent].Order; parent = (at - 1) / 2)
        {
            _heap[at] = _heap[parent];
            at = parent;
        }
        SiftDown(at, moved);
    }

    private void SiftDown(int at, Entry moved)
    {
        for (int child = (at * 2) + 1; child < Count; child = (at * 2) + 1)
        {
            if (child + 1 < Count && _heap[child + 1].Order < _heap[child].Order)
                child++;
            if (moved.Order < _heap[child].Order)
                break;
            _heap[at] = _heap[child];
            at = child;
        }
        _heap[at] = moved;
    }

    /// <summary>Shows every message to <paramref name="relocate"/>, which may put it elsewhere.</summary>
    public void Rehome(Relocation relocate)
    {
        foreach (ref Entry entry in _heap.AsSpan(0, Count))
            relocate(ref entry.Queued.Message);
    }

    /// <summary>Gives up the bytes of stored messages, but not of those near the front.</summary>
    public long PageOut(long durablePosition, EffectList effects)
    {
        // A walk through all: only when something has come since the last, or was not durable then.
        if (!_mayPage)
            return 0;
        _mayPage = false;
        long bytes = 0;
        for (int at = NearFront; at < Count; at++)
        {
            if (_heap[at].Queued.Position <= durablePosition)
                bytes += MessageRun.GiveUp(ref _heap[at].Queued, effects);
            else
                _mayPage |= _heap[at].Queued.IsStored;
        }
        return bytes;
    }

    /// <summary>Writes messages that are not stored, as many as there is room for, but none near the front.</summary>
    public void WriteOut(PagedLog paged)
    {
        for (int at = NearFront; at < Count && paged.HasRoom; at++)
        {
            if (PagedLog.Takes(in _heap[at].Queued))
                paged.Append(ref _heap[at].Queued);
        }
    }

    /// <summary>Gives up the bytes of what was written and is durable, but not near the front.</summary>
    public long PageOutWritten(PagedLog paged, EffectList effects)
    {
        long bytes = 0;
        for (int at = NearFront; at < Count && paged.PendingBytes > 0; at++)
        {
            ref QueuedMessage queued = ref _heap[at].Queued;
            if (queued is { IsPaged: true, Message.IsResident: true }
                && MessageRun.GiveUpWritten(ref queued, paged, effects))
                bytes += queued.Message.SizeBytes;
        }
        return bytes;
    }

    /// <summary>Names messages near the front whose bytes are not in memory.</summary>
    public void CollectPagedOut(FetchBatch batch, Func<long, bool> isNamed)
    {
        for (int at = 0; at < Math.Min(Count, NearFront) && !batch.IsFull; at++)
        {
            ref QueuedMessage queued = ref _heap[at].Queued;
            if (!queued.Message.IsResident && !isNamed(queued.Position))
                batch.Add(in queued);
        }
    }

    /// <summary>Notes where records are now; <paramref name="moves"/> by rising position.</summary>
    public void Move(ReadOnlySpan<MovedEntry> moves)
    {
        foreach (ref Entry entry in _heap.AsSpan(0, Count))
            UnackedMessages.Move(ref entry.Queued, moves);
    }

    /// <summary>Notes where records of the paged group are now; <paramref name="moves"/> by rising index.</summary>
    public void MovePaged(ReadOnlySpan<MovedEntry> moves)
    {
        foreach (ref Entry entry in _heap.AsSpan(0, Count))
        {
            ref QueuedMessage queued = ref entry.Queued;
            if (queued.IsPaged && !queued.Message.IsResident
                && PagedLog.TryFind(moves, queued.PagedIndex, out Position to))
                queued.MoveRecord(to);
        }
    }

    private struct Entry
    {
        public QueuedMessage Queued;
        public long Order;
    }
}
