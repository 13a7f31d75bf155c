namespace Warren.Broker.Queues.Replicated;

/// <summary>
/// How many queues that this node leads bring new members up to date at once: each sends all that it holds. Any
/// thread.
/// </summary>
internal sealed class CatchUps
{
    /// <summary>
    /// Enough to keep a link busy while some wait for their disks, and few enough to leave room on it.
    /// </summary>
    private const int Most = 4;

    private int _taken;

    /// <summary>One more may begin; false: not now.</summary>
    public bool TryTake()
    {
        if (Interlocked.Increment(ref _taken) <= Most)
            return true;
        Interlocked.Decrement(ref _taken);
        return false;
    }

    /// <summary>One that was taken has ended.</summary>
    public void Release() => Interlocked.Decrement(ref _taken);
}
