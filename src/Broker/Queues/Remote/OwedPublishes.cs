namespace Warren.Broker.Queues.Remote;

/// <summary>
/// The publishes of a stand-in that were not answered, by number: a ring, since answers come mostly in order. Owned by
/// the stand-in's turn.
/// </summary>
internal sealed class OwedPublishes
{
    private const int KeptCapacity = 4096;
    private const int QuietTimes = 1000;

    private OwedPublish[] _ring = [];
    private int _head;
    private int _count;
    private int _peak;
    private int _quiet;
    private long _first = 1;

    /// <summary>Bytes of the messages that are kept.</summary>
    public long KeptBytes { get; private set; }

    /// <summary>How many are not answered.</summary>
    public int Count { get; private set; }

    /// <summary>The number of the first that may not be answered.</summary>
    public long First => _first;

    /// <summary>The number that the next one gets.</summary>
    public long Next => _first + _count;

    /// <summary>Takes one in; returns its number, from 1.</summary>
    public long Add(in OwedPublish owed)
    {
        if (_count == _ring.Length)
            Grow();
        _ring[(_head + _count) & (_ring.Length - 1)] = owed;
        if (owed.IsKept)
            KeptBytes += owed.Kept.SizeBytes;
        _count++;
        Count++;
        _peak = Math.Max(_peak, _count);
        return _first + _count - 1;
    }

    /// <summary>The home has answered this number; false if it is not owed any more.</summary>
    public bool TryAnswer(long number, out OwedPublish owed)
    {
        owed = default;
        if (number < _first || number >= _first + _count)
            return false;
        ref OwedPublish entry = ref _ring[(_head + (int)(number - _first)) & (_ring.Length - 1)];
        if (entry.IsAnswered)
            return false;
        owed = entry;
        if (owed.IsKept)
            KeptBytes -= owed.Kept.SizeBytes;
        entry = default;
        entry.IsAnswered = true;
        Count--;
        while (_count > 0 && _ring[_head].IsAnswered)
            DropFirst();
        return true;
    }

    /// <summary>
    /// What has a number from <see cref="First"/> on, below <see cref="Next"/>; false: it is answered, or none is.
    /// </summary>
    public bool TryPeek(long number, out OwedPublish owed)
    {
        owed = default;
        if (number < _first || number >= _first + _count)
            return false;
        owed = _ring[(_head + (int)(number - _first)) & (_ring.Length - 1)];
        return !owed.IsAnswered;
    }

    /// <summary>
    /// The line is over: everything unanswered, in order. Numbers begin anew; where they must not, nobody calls this.
    /// </summary>
    public bool TryTake(out OwedPublish owed)
    {
        while (_count > 0)
        {
            owed = _ring[_head];
            DropFirst();
            if (owed.IsAnswered)
                continue;
            Count--;
            if (owed.IsKept)
                KeptBytes -= owed.Kept.SizeBytes;
            return true;
        }
        _first = 1;
        owed = default;
        return false;
    }

    private void DropFirst()
    {
        _ring[_head] = default;
        _head = (_head + 1) & (_ring.Length - 1);
        _first++;
        if (--_count > 0)
            return;
        // Much larger than what it was filled with, many times running: the memory is given back. Not sooner, since how
        // much is on its way varies with everybody's turns.
        _quiet = _peak < _ring.Length / 8 ? _quiet + 1 : 0;
        _peak = 0;
        if (_ring.Length <= KeptCapacity || _quiet < QuietTimes)
            return;
        _ring = [];
        _head = 0;
        _quiet = 0;
    }

    private void Grow()
    {
        var larger = new OwedPublish[Math.Max(16, _ring.Length * 2)];
        for (int at = 0; at < _count; at++)
            larger[at] = _ring[(_head + at) & (_ring.Length - 1)];
        _ring = larger;
        _head = 0;
    }
}
