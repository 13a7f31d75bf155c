namespace Warren.Cluster.Links;

/// <summary>
/// How far another node's wall clock is ahead of this one's, by what it said last, so that a clock that is set while
/// both run is told of. What is long on its way makes it seem behind and never ahead, so of the last two words the
/// greater counts. Guarded by who has it.
/// </summary>
internal sealed class ClockDifference
{
    private TimeSpan? _last;
    private TimeSpan? _before;

    /// <summary>Null: it has said nothing yet.</summary>
    public TimeSpan? Ahead => _before > _last ? _before : _last;

    /// <summary>A link has come up.</summary>
    /// <param name="shownMs">What its clock showed, ms of Unix time.</param>
    /// <param name="now">What this one shows.</param>
    public void Begin(long shownMs, DateTimeOffset now)
    {
        _last = null;
        Note(shownMs, now);
    }

    /// <summary>A heartbeat has come.</summary>
    /// <param name="shownMs">What its clock showed; 0: its version does not say.</param>
    /// <param name="now">What this one shows.</param>
    public void Note(long shownMs, DateTimeOffset now)
    {
        if (shownMs == 0)
            return;
        _before = _last;
        _last = TimeSpan.FromMilliseconds((double)shownMs - now.ToUnixTimeMilliseconds());
    }
}
