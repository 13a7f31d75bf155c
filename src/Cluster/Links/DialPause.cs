namespace Warren.Cluster.Links;

/// <summary>
/// How long to wait before the next dial: from the first pause doubling to the longest, each cut by up to a half at
/// random, so that nodes that lost each other do not dial in step.
/// </summary>
internal sealed class DialPause(LinkOptions options, Random random)
{
    private TimeSpan _pause = options.FirstPause;

    /// <summary>After a failure.</summary>
    public TimeSpan Next()
    {
        TimeSpan pause = _pause;
        _pause = TimeSpan.FromTicks(Math.Min(pause.Ticks * 2, options.LongestPause.Ticks));
        return Cut(pause);
    }

    /// <summary>After a refusal that somebody has to mend.</summary>
    public TimeSpan Longest() => Cut(options.LongestPause);

    /// <summary>The link has held.</summary>
    public void Reset() => _pause = options.FirstPause;

    private TimeSpan Cut(TimeSpan pause) => pause * (0.5 + (random.NextDouble() / 2));
}
