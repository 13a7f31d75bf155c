namespace Warren.Broker.Queues.Remote;

/// <summary>
/// What a visit's clients have begun that has one cause each, by its number. The end of one that was given up means
/// nothing any more, and none ends another. Owned by the visit's turn.
/// </summary>
internal sealed class TogetherGroups
{
    /// <summary>Channels of one node that end at once.</summary>
    private const int MostGroups = 64 * 1024;

    private readonly Dictionary<long, long> _begunMs = [];

    public int Count => _begunMs.Count;

    /// <summary>False: it has begun.</summary>
    /// <exception cref="FormatException">There are too many.</exception>
    public bool TryBegin(long cause, long nowMs)
    {
        if (_begunMs.Count == MostGroups)
            throw new FormatException($"{MostGroups} groups of settlements have begun and not ended");
        return _begunMs.TryAdd(cause, nowMs);
    }

    /// <summary>False: it has not begun, or was given up.</summary>
    public bool TryEnd(long cause) => _begunMs.Remove(cause);

    /// <summary>Gives up those that have begun by then; returns how many.</summary>
    public int EndBefore(long begunMs)
    {
        int before = _begunMs.Count;
        foreach ((long cause, long since) in _begunMs)
        {
            if (since <= begunMs)
                _begunMs.Remove(cause);
        }
        return before - _begunMs.Count;
    }
}
