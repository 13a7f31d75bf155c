namespace Warren.Storage.Threads;

/// <summary>
/// What one thread sleeps on: a wish that it go on, kept until it takes it. Time comes in as one more who wishes, so
/// that a simulated clock wakes it as well. <see cref="Set"/> may be called under any lock: it calls nobody.
/// </summary>
internal sealed class WakeSignal : IDisposable
{
    private readonly object _gate = new();
    private readonly ITimer _timer;
    private bool _isSet;

    public WakeSignal(TimeProvider time) =>
        _timer = time.CreateTimer(
            static state => ((WakeSignal)state!).Set(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

    public void Set()
    {
        lock (_gate)
        {
            if (_isSet)
                return;
            _isSet = true;
            Monitor.Pulse(_gate);
        }
    }

    public void Wait()
    {
        lock (_gate)
        {
            while (!_isSet)
                Monitor.Wait(_gate);
            _isSet = false;
        }
    }

    /// <summary>Waits until it is set, at most this long.</summary>
    public void Wait(TimeSpan longest)
    {
        _timer.Change(longest, Timeout.InfiniteTimeSpan);
        Wait();
        _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public void Dispose() => _timer.Dispose();
}
