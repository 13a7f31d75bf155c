namespace Warren.Broker.Channels;

/// <summary>
/// The prefetch limit that all consumers of a channel share (<c>basic.qos global=true</c>). Queues take from it in
/// their turns, the channel gives back as messages are settled, so it is one of the few counters that several turns
/// touch. Without a limit it costs one read. When a taker was refused, the channel learns it from
/// <see cref="TakeStarved"/> and resumes its consumers.
/// </summary>
public sealed class SharedPrefetch
{
    private int _limit;
    private int _taken;
    private int _starved;

    public bool IsActive => Volatile.Read(ref _limit) != 0;

    /// <summary>Sets the limit, 0 is none; <paramref name="taken"/> is what is unsettled already.</summary>
    public void SetLimit(int limit, int taken)
    {
        if (!IsActive)
            Volatile.Write(ref _taken, taken);
        Volatile.Write(ref _limit, limit);
    }

    /// <summary>Takes one place if there is one.</summary>
    public bool TryTake()
    {
        int limit = Volatile.Read(ref _limit);
        if (limit == 0)
            return true;
        if (Interlocked.Increment(ref _taken) <= limit)
            return true;
        Interlocked.Decrement(ref _taken);
        Volatile.Write(ref _starved, 1);
        return false;
    }

    public void Give(int count)
    {
        if (IsActive)
            Interlocked.Add(ref _taken, -count);
    }

    /// <summary>Whether somebody was refused since the last call.</summary>
    public bool TakeStarved() => Interlocked.Exchange(ref _starved, 0) != 0;
}
