using Warren.Storage;

namespace Warren.Broker.Queues;

/// <summary>
/// The messages that are handed out and not yet settled: a table of slots with a free list. A delivery is named by
/// slot and token (the position, mostly); the token tells a late settlement of a reused slot from a good one. Memory
/// follows what is unacked at once: an empty table much larger than its last use shrinks.
/// </summary>
internal sealed class UnackedMessages
{
    private const int FirstCapacity = 16;

    /// <summary>Tables up to this size (256 KiB) are kept whatever their use.</summary>
    private const int KeptCapacity = 4096;

    private Slot[] _slots = [];
    private int _free = -1;
    private int _used;

    public int Count { get; private set; }

    /// <summary>Bytes of the bodies.</summary>
    public long Bytes { get; private set; }

    /// <summary>Every slot that was ever used since the table was empty; free ones have no consumer.</summary>
    public Span<Slot> Slots => _slots.AsSpan(0, _used);

    /// <summary>Takes a message in and answers its slot.</summary>
    public int Add(in QueuedMessage queued, Consumer consumer, long nowMs)
    {
        int index = _free;
        if (index >= 0)
            _free = _slots[index].Queued.DeliveryCount;
        else
        {
            if (_used == _slots.Length)
                Array.Resize(ref _slots, Math.Max(FirstCapacity, _slots.Length * 2));
            index = _used++;
        }
        ref Slot slot = ref _slots[index];
        slot.Queued = queued;
        slot.Consumer = consumer;
        slot.DeliveredAtMs = nowMs;
        Count++;
        Bytes += queued.Message.BodySizeBytes;
        return index;
    }

    /// <summary>Takes a message out; false if there is no such delivery.</summary>
    public bool TryRemove(int index, long token, out QueuedMessage queued, out Consumer consumer)
    {
        if ((uint)index >= (uint)_used || _slots[index].Queued.Token != token || token == 0)
        {
            queued = default;
            consumer = null!;
            return false;
        }
        ref Slot slot = ref _slots[index];
        queued = slot.Queued;
        consumer = slot.Consumer!;
        slot = default;
        slot.Queued.DeliveryCount = _free;
        _free = index;
        Count--;
        Bytes -= queued.Message.BodySizeBytes;
        if (Count == 0)
            Reset();
        return true;
    }

    /// <summary>Notes where a record is now; <paramref name="moves"/> by rising position.</summary>
    public static void Move(ref QueuedMessage queued, ReadOnlySpan<MovedEntry> moves)
    {
        int low = 0;
        int high = moves.Length;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (moves[middle].Index.Value < queued.Position)
                low = middle + 1;
            else
                high = middle;
        }
        if (low < moves.Length && moves[low].Index.Value == queued.Position)
            queued.MoveRecord(moves[low].To);
    }

    /// <summary>Notes where records are now; <paramref name="moves"/> by rising position.</summary>
    public void Move(ReadOnlySpan<MovedEntry> moves)
    {
        foreach (ref Slot slot in Slots)
        {
            if (slot.Consumer is not null)
                Move(ref slot.Queued, moves);
        }
    }

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        _slots = [];
        _free = -1;
        _used = 0;
        Count = 0;
        Bytes = 0;
    }

    /// <summary>Empty: the free list starts anew, in ascending order, which is kind to the cache.</summary>
    private void Reset()
    {
        if (_slots.Length > KeptCapacity && _used < _slots.Length / 4)
            _slots = new Slot[KeptCapacity];
        _free = -1;
        _used = 0;
    }

    internal struct Slot
    {
        public QueuedMessage Queued;

        /// <summary>Who holds the message; null: the slot is free.</summary>
        public Consumer? Consumer;

        public long DeliveredAtMs;
    }
}
