namespace Warren.Wire;

/// <summary>A clock that stands until it is told to go on; its timers run on the thread that tells it.</summary>
public sealed class ManualTime : TimeProvider
{
    private readonly Lock _lock = new();
    private readonly List<Timer> _timers = [];
    private long _now = TimeSpan.TicksPerDay;

    /// <inheritdoc/>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <inheritdoc/>
    public override long GetTimestamp() => Volatile.Read(ref _now);

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddTicks(GetTimestamp());

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, callback, state);
        timer.Change(dueTime, period);
        lock (_lock)
            _timers.Add(timer);
        return timer;
    }

    /// <summary>Lets time pass, and runs each timer as often as it is due, in the order of time.</summary>
    public void Advance(TimeSpan span)
    {
        long end = GetTimestamp() + span.Ticks;
        while (true)
        {
            Timer? next;
            lock (_lock)
                next = _timers.Where(timer => timer.DueTicks <= end).MinBy(timer => timer.DueTicks);
            if (next is null)
                break;
            Volatile.Write(ref _now, Math.Max(GetTimestamp(), next.DueTicks));
            next.Run();
        }
        Volatile.Write(ref _now, end);
    }

    private sealed class Timer(ManualTime time, TimerCallback callback, object? state) : ITimer
    {
        private long _dueTicks = long.MaxValue;
        private TimeSpan _period;

        public long DueTicks => Volatile.Read(ref _dueTicks);

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            _period = period;
            Volatile.Write(
                ref _dueTicks,
                dueTime == Timeout.InfiniteTimeSpan ? long.MaxValue : time.GetTimestamp() + dueTime.Ticks);
            return true;
        }

        public void Run()
        {
            bool repeats = _period > TimeSpan.Zero;
            Volatile.Write(ref _dueTicks, repeats ? _dueTicks + _period.Ticks : long.MaxValue);
            callback(state);
        }

        public void Dispose()
        {
            lock (time._lock)
                time._timers.Remove(this);
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
