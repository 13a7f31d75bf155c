namespace Warren.Cluster.Links;

/// <summary>
/// Whether the other side of a link lives, seen from here: it must be heard, and it must hear. The second catches a
/// line that works one way only, from the side that still hears. Told of time, it has no clock; the tick owns it, but
/// what was heard may come from the reader loop.
/// </summary>
internal sealed class SilenceWatch
{
    private const int Remembered = 64;

    private readonly TimeProvider _time;
    private readonly TimeSpan _limit;
    private readonly TimeSpan _echoLimit;
    private readonly long[] _sentAt = new long[Remembered];
    private long _heardAt;
    private long _restartedAt;
    private long _sent;
    private long _echoed;
    private long _echoedSentAt;

    public SilenceWatch(TimeProvider time, LinkOptions options)
    {
        _time = time;
        _limit = options.SilenceTimeout;
        // An echo comes with the peer's next heartbeat.
        _echoLimit = _limit + (2 * options.TickInterval);
        _heardAt = time.GetTimestamp();
        _restartedAt = _heardAt;
        // The handshake was an echo.
        _echoedSentAt = _heardAt;
    }

    /// <summary>Bytes came.</summary>
    public void Heard(long now) => Volatile.Write(ref _heardAt, now);

    /// <summary>The other side has heard heartbeats up to this one; what was never sent is no echo.</summary>
    public void Echoed(long number)
    {
        long sent = Volatile.Read(ref _sent);
        if (number > Volatile.Read(ref _echoed) && number <= sent && number > sent - Remembered)
            _echoedSentAt = Volatile.Read(ref _sentAt[number % Remembered]);
        Volatile.Write(ref _echoed, Math.Max(Volatile.Read(ref _echoed), number));
    }

    /// <summary>
    /// How long, at most, the other side may have taken this one for lost already: since the silence timeout after what
    /// it has surely heard. It is not forgotten when this node stood still. For the reader loop.
    /// </summary>
    public TimeSpan LostFor(long now)
    {
        TimeSpan lost = _time.GetElapsedTime(_echoedSentAt, now) - _limit;
        return lost > TimeSpan.Zero ? lost : TimeSpan.Zero;
    }

    /// <summary>The next heartbeat's number.</summary>
    public long Send(long now)
    {
        long number = _sent + 1;
        Volatile.Write(ref _sentAt[number % Remembered], now);
        Volatile.Write(ref _sent, number);
        return number;
    }

    /// <summary>This node itself stood still, so it cannot know: everybody's time begins anew.</summary>
    public void Restart(long now)
    {
        Heard(now);
        _restartedAt = now;
    }

    public SilenceKind Look(long now)
    {
        if (_time.GetElapsedTime(Volatile.Read(ref _heardAt), now) >= _limit)
            return SilenceKind.NotHeard;
        long oldest = Math.Max(Volatile.Read(ref _echoed), _sent - Remembered + 1) + 1;
        long since = Math.Max(_sentAt[oldest % Remembered], _restartedAt);
        return oldest <= _sent && _time.GetElapsedTime(since, now) >= _echoLimit
            ? SilenceKind.DoesNotHear
            : SilenceKind.None;
    }
}
