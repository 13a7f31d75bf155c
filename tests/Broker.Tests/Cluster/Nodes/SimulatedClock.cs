using Warren.Wire;

namespace Warren.Broker.Tests.Cluster.Nodes;

/// <summary>The clock of one node: its monotonic time is everybody's, what it shows on the wall is not.</summary>
internal sealed class SimulatedClock(ManualTime time) : TimeProvider
{
    /// <summary>How far the wall clock is off.</summary>
    public TimeSpan Error { get; set; }

    public override long TimestampFrequency => time.TimestampFrequency;

    public override long GetTimestamp() => time.GetTimestamp();

    public override DateTimeOffset GetUtcNow() => time.GetUtcNow() + Error;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        time.CreateTimer(callback, state, dueTime, period);
}
