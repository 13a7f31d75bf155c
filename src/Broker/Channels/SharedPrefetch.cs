namespace Warren.Broker.Channels;

/// <summary>
/// The prefetch limit that all consumers of a channel share (<c>basic.qos global=true</c>). Queues take places in their
/// turns, the channel gives them back as messages are settled, so it is one of the few counters that several turns
/// touch. Without a limit it costs one read, and nothing is counted; so whoever takes is told whether he holds a place,
/// and only that is given back. When a taker was refused, the channel learns it from <see cref="TakeStarved"/> and
/// resumes its consumers.
/// Invariant: a taker that was refused while a place was free is known to <see cref="TakeStarved"/> after the place was
/// given: the taker leaves his mark before he looks for the last time, the giver looks for the mark after he gave.
/// </summary>
public class SharedPrefetch
{
    private int _limit;
    private int _taken;
    private int _starved;

    public bool IsActive => Volatile.Read(ref _limit) != 0;

    /// <summary>Places there are; 0 is unlimited.</summary>
    public int Limit => Volatile.Read(ref _limit);

    /// <summary>
    /// Sets the limit, 0 is none; <paramref name="newlyHeld"/> deliveries that were handed out without a limit hold a
    /// place from now on. Consumers must be resumed afterwards.
    /// </summary>
    public void SetLimit(int limit, int newlyHeld)
    {
        Interlocked.Add(ref _taken, newlyHeld);
        Interlocked.Exchange(ref _limit, limit);
    }

    /// <summary>
    /// True if a message may be taken; <paramref name="holdsPlace"/> tells whether it must be given back.
    /// </summary>
    public bool TryTake(out bool holdsPlace)
    {
        holdsPlace = false;
        if (!IsActive)
            return true;
        bool marked = false;
        while (true)
        {
            int limit = Volatile.Read(ref _limit);
            int taken = Volatile.Read(ref _taken);
            if (limit == 0)
                return true;
            if (taken < limit)
            {
                if (Interlocked.CompareExchange(ref _taken, taken + 1, taken) != taken)
                    continue;
                holdsPlace = true;
                return true;
            }
            if (marked)
            {
                Refused();
                return false;
            }
            Interlocked.Exchange(ref _starved, 1);
            marked = true;
        }
    }

    /// <summary>Gives places back. If <see cref="TakeStarved"/> then says so, consumers must be resumed.</summary>
    public void Give(int count) => Interlocked.Add(ref _taken, -count);

    /// <summary>Takes all places that are free; returns how many.</summary>
    internal int TakeFree()
    {
        while (true)
        {
            int limit = Volatile.Read(ref _limit);
            int taken = Volatile.Read(ref _taken);
            if (taken >= limit)
                return 0;
            if (Interlocked.CompareExchange(ref _taken, limit, taken) == taken)
                return limit - taken;
        }
    }

    /// <summary>Somebody was refused, in his turn.</summary>
    private protected virtual void Refused()
    {
    }

    /// <summary>Whether somebody was refused since the last call.</summary>
    public bool TakeStarved() => Interlocked.Exchange(ref _starved, 0) != 0;
}
