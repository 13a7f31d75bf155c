namespace Warren.Faults.Clusters;

/// <summary>When a publisher's confirms came: how many, and the longest times without one.</summary>
internal sealed class ConfirmTimes
{
    private readonly Lock _lock = new();
    private readonly List<(long At, bool IsFirst)> _confirms = [];

    public int Count
    {
        get
        {
            lock (_lock)
                return _confirms.Count;
        }
    }

    /// <summary>One has come.</summary>
    /// <param name="at">See <see cref="TimeProvider.GetTimestamp"/>.</param>
    /// <param name="isFirst">Of its connection.</param>
    public void Add(long at, bool isFirst)
    {
        lock (_lock)
            _confirms.Add((at, isFirst));
    }

    /// <summary>The longest time between two confirms, of which the later came after a moment.</summary>
    /// <param name="after">See <see cref="TimeProvider.GetTimestamp"/>.</param>
    /// <param name="moved">Whether the publisher had to connect anew between the two, or had not.</param>
    public TimeSpan LongestGap(long after, bool moved = false)
    {
        lock (_lock)
        {
            TimeSpan longest = default;
            for (int at = _confirms.Count - 1; at > 0 && _confirms[at].At >= after; at--)
            {
                TimeSpan gap = TimeProvider.System.GetElapsedTime(_confirms[at - 1].At, _confirms[at].At);
                if (_confirms[at].IsFirst == moved && gap > longest)
                    longest = gap;
            }
            return longest;
        }
    }
}
