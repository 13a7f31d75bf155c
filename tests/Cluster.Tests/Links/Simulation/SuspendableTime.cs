using Warren.Wire;

namespace Warren.Cluster.Tests.Links;

/// <summary>
/// The clock of one process that can be suspended: the clock goes on, its timers do not run until it is resumed, and
/// then once.
/// </summary>
internal sealed class SuspendableTime(ManualTime time) : TimeProvider
{
    private readonly List<Action> _missed = [];
    private bool _isSuspended;

    public override long TimestampFrequency => time.TimestampFrequency;

    public override long GetTimestamp() => time.GetTimestamp();

    public override DateTimeOffset GetUtcNow() => time.GetUtcNow() + ClockError;

    /// <summary>How far off the wall clock is.</summary>
    public TimeSpan ClockError { get; set; }

    public void Suspend() => _isSuspended = true;

    public void Resume()
    {
        _isSuspended = false;
        foreach (Action missed in _missed)
            missed();
        _missed.Clear();
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        bool isMissed = false;
        void Run()
        {
            isMissed = false;
            callback(state);
        }
        return time.CreateTimer(
            _ =>
            {
                if (!_isSuspended)
                    callback(state);
                else if (!isMissed)
                    _missed.Add(Run);
                isMissed = _isSuspended;
            },
            null,
            dueTime,
            period);
    }
}
