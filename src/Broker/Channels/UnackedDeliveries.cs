using Warren.Broker.Queues;

namespace Warren.Broker.Channels;

/// <summary>
/// The unsettled deliveries of one channel, in tag order: a ring, since clients mostly settle in order. The writer loop
/// adds at the end, the connection's turn removes; the owner's lock is held around each call.
/// Invariants: tags rise along the ring; the first entry is live; dead entries (settled out of order) never outnumber
/// the live ones by more than <see cref="ToleratedDead"/>, and an empty ring is small, so memory follows what is
/// unsettled.
/// </summary>
internal sealed class UnackedDeliveries
{
    private const int ToleratedDead = 1024;

    /// <summary>A ring up to this size (160 KiB) is kept when it is empty.</summary>
    private const int KeptCapacity = 4096;

    private UnackedDelivery[] _ring = [];
    private int _head;
    private int _length;
    private int _live;

    public int Count => _live;

    /// <summary>Entries there is room for.</summary>
    public int Capacity => _ring.Length;

    public void Add(in UnackedDelivery delivery)
    {
        if (_length == _ring.Length)
            Resize(Math.Max(16, _ring.Length * 2));
        _ring[(_head + _length) & (_ring.Length - 1)] = delivery;
        _length++;
        _live++;
    }

    /// <summary>Puts one back in its place. Rare, so it may move what is behind it.</summary>
    public void Insert(in UnackedDelivery delivery)
    {
        DropDead();
        Add(delivery);
        for (int index = _length - 1; index > 0 && At(index - 1).Tag > At(index).Tag; index--)
            (At(index), At(index - 1)) = (At(index - 1), At(index));
    }

    /// <summary>
    /// Takes one delivery, or all up to and including <paramref name="tag"/> (0: all). False, and nothing taken, if the
    /// tag is not outstanding.
    /// </summary>
    public bool TryTake(ulong tag, bool multiple, List<UnackedDelivery> taken)
    {
        if (multiple && tag == 0)
        {
            TakeFirst(_length, taken);
            return true;
        }
        int at = Find(tag);
        if (at < 0)
            return false;
        if (multiple)
        {
            TakeFirst(at + 1, taken);
            return true;
        }
        ref UnackedDelivery entry = ref At(at);
        taken.Add(entry);
        entry = entry with { Queue = null! };
        _live--;
        TrimHead();
        if (_length - _live > _live + ToleratedDead)
            DropDead();
        return true;
    }

    /// <summary>Lets all deliveries to consumers hold a place; returns how many did not before.</summary>
    public int HoldPlaces()
    {
        int held = 0;
        for (int index = 0; index < _length; index++)
        {
            ref UnackedDelivery entry = ref At(index);
            if (entry.Queue is null || entry.Consumer is null || entry.HoldsPlace)
                continue;
            entry = entry with { HoldsPlace = true };
            held++;
        }
        return held;
    }

    /// <summary>Forgets that deliveries are this consumer's; returns how many places they held.</summary>
    public int FreePlaces(Consumer consumer)
    {
        int freed = 0;
        for (int index = 0; index < _length; index++)
        {
            ref UnackedDelivery entry = ref At(index);
            if (entry.Queue is null || entry.Consumer != consumer)
                continue;
            freed += entry.HoldsPlace ? 1 : 0;
            entry = entry with { Consumer = null, HoldsPlace = false };
        }
        return freed;
    }

    private ref UnackedDelivery At(int index) => ref _ring[(_head + index) & (_ring.Length - 1)];

    // Tags are dense but for dead entries that were dropped, so the guess is exact or too far to the right.
    private int Find(ulong tag)
    {
        if (_length == 0 || tag < At(0).Tag)
            return -1;
        int high = (int)Math.Min(tag - At(0).Tag, (ulong)_length - 1);
        int low = 0;
        if (At(high).Tag == tag)
            low = high;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (At(middle).Tag < tag)
                low = middle + 1;
            else
                high = middle;
        }
        ref UnackedDelivery found = ref At(low);
        return found.Tag == tag && found.Queue is not null ? low : -1;
    }

    private void TakeFirst(int count, List<UnackedDelivery> taken)
    {
        for (int index = 0; index < count; index++)
        {
            ref UnackedDelivery entry = ref At(index);
            if (entry.Queue is not null)
            {
                taken.Add(entry);
                _live--;
            }
            entry = default;
        }
        _length -= count;
        _head = (_head + count) & (_ring.Length - 1);
        TrimHead();
    }

    private void TrimHead()
    {
        while (_length > 0 && At(0).Queue is null)
        {
            _head = (_head + 1) & (_ring.Length - 1);
            _length--;
        }
        if (_length > 0)
            return;
        _head = 0;
        if (_ring.Length > KeptCapacity)
            _ring = [];
    }

    private void DropDead()
    {
        int kept = 0;
        for (int index = 0; index < _length; index++)
        {
            UnackedDelivery entry = At(index);
            if (entry.Queue is not null)
                At(kept++) = entry;
        }
        for (int index = kept; index < _length; index++)
            At(index) = default;
        _length = kept;
        if (_ring.Length > 1024 && _length < _ring.Length / 4)
            Resize(_ring.Length / 2);
    }

    private void Resize(int capacity)
    {
        var ring = new UnackedDelivery[capacity];
        for (int index = 0; index < _length; index++)
            ring[index] = At(index);
        _ring = ring;
        _head = 0;
    }
}
