namespace Warren.Storage.Threads;

/// <summary>
/// Since when the committer has been at a round. Begun and ended by its thread alone; anybody may ask, above all while
/// that thread waits for the disk.
/// </summary>
internal sealed class RoundClock(TimeProvider time)
{
    private const long Idle = long.MinValue;

    private long _begun = Idle;

    /// <summary>Zero: it is at none.</summary>
    public TimeSpan Age => Volatile.Read(ref _begun) is var begun and not Idle
        ? time.GetElapsedTime(begun)
        : TimeSpan.Zero;

    /// <summary>It is, or still is: a round that found no space is as old as when it was tried first.</summary>
    public void Begin()
    {
        if (_begun == Idle)
            Volatile.Write(ref _begun, time.GetTimestamp());
    }

    public void End() => Volatile.Write(ref _begun, Idle);
}
