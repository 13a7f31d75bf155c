namespace Warren.Storage.Threads;

/// <summary>
/// A <see cref="ThreadSignal"/> that time raises as well: it comes in as one more who wishes, so that a simulated clock
/// wakes the thread too. <see cref="Set"/> may be called under any lock: it calls nobody.
/// </summary>
internal sealed class WakeSignal : IDisposable
{
    private readonly ThreadSignal _signal = new();
    private readonly ITimer _timer;

    public WakeSignal(TimeProvider time) =>
        _timer = time.CreateTimer(
            static state => ((WakeSignal)state!).Set(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

    public void Set() => _signal.Raise();

    public void Wait() => _signal.Wait();

    /// <summary>Waits until it is set, at most this long.</summary>
    public void Wait(TimeSpan longest)
    {
        _timer.Change(longest, Timeout.InfiniteTimeSpan);
        Wait();
        _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public void Dispose() => _timer.Dispose();
}
