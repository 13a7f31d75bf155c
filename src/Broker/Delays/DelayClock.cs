namespace Warren.Broker.Delays;

/// <summary>
/// When delayed messages are due: the one place that reads the wall clock for them. Owned by the turn that asks.
/// </summary>
internal sealed class DelayClock(MessageBroker broker)
{
    private long _unixOffsetMs = long.MinValue;

    /// <summary>The clock of turns, ms.</summary>
    public long NowMs => broker.NowMs;

    /// <summary>
    /// Unix time less the clock of turns, ms. Kept while the two go together, so that messages which are due at the
    /// same moment are so after a restart, too, whichever of the clocks ticked first.
    /// </summary>
    public long UnixOffsetMs(long nowMs)
    {
        long offsetMs = broker.Time.GetUtcNow().ToUnixTimeMilliseconds() - nowMs;
        if (_unixOffsetMs == long.MinValue || Math.Abs(offsetMs - _unixOffsetMs) > 1)
            _unixOffsetMs = offsetMs;
        return _unixOffsetMs;
    }
}
