namespace Warren.Cluster.Links;

/// <summary>
/// Whether this node itself stood still (suspended, swapping, collecting garbage, out of threads): its own tick came
/// late. Then it has not listened, and must not take its peers for silent.
/// </summary>
internal sealed class StallWatch(TimeProvider time, TimeSpan limit)
{
    private long _lastTick = time.GetTimestamp();

    /// <summary>True if the tick comes later than it may.</summary>
    public bool IsLate(long now)
    {
        bool isLate = time.GetElapsedTime(_lastTick, now) >= limit;
        _lastTick = now;
        return isLate;
    }
}
