namespace Warren.Broker.Queues.Remote;

/// <summary>Tells lines that asked for it that time has passed: all of one interval at once, each once.</summary>
internal sealed class LineTicks : IDisposable
{
    private readonly TimeSpan _interval;
    private readonly Lock _lock = new();
    private readonly ITimer _timer;
    private List<ILine> _ticking = [];
    private List<ILine>? _spare = [];
    private bool _isTimerSet;

    public LineTicks(TimeProvider time, TimeSpan interval)
    {
        _interval = interval;
        _timer = time.CreateTimer(
            static state => ((LineTicks)state!).Tick(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The line wants to look at its clock soon; it is told once.</summary>
    public void Want(ILine line)
    {
        lock (_lock)
        {
            _ticking.Add(line);
            if (_isTimerSet)
                return;
            _isTimerSet = true;
            _timer.Change(_interval, Timeout.InfiniteTimeSpan);
        }
    }

    public void Dispose() => _timer.Dispose();

    private void Tick()
    {
        List<ILine> due;
        lock (_lock)
        {
            due = _ticking;
            // The next tick may begin before this one has ended.
            _ticking = _spare ?? [];
            _spare = null;
            _isTimerSet = false;
        }
        foreach (ILine line in due)
            line.Signal(LineSignal.Tick, 0);
        due.Clear();
        lock (_lock)
            _spare = due;
    }
}
