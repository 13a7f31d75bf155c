namespace Warren.Broker.Queues;

/// <summary>
/// A dead letter that stays with its queue until every target has taken it. The queue's turn owns it, but for the count
/// of who has not: targets bring that down in theirs.
/// </summary>
internal sealed class KeptLetter
{
    private int _missing;
    private int _unheard;

    /// <summary>What it is, with its reference.</summary>
    public required DeadLetter Letter { get; init; }

    // Those that it was routed to.
    private readonly List<string> _delayed = new(0);

    /// <summary>Ids of the queues that have it, and of delayed exchanges.</summary>
    public HashSet<long> Taken { get; } = new(0);

    /// <summary>What stands among the ids of queues for a delayed exchange.</summary>
    public long IdOf(string exchange)
    {
        int at = _delayed.IndexOf(exchange);
        if (at < 0)
        {
            at = _delayed.Count;
            _delayed.Add(exchange);
        }
        return -1 - at;
    }

    /// <summary>It goes to so many.</summary>
    public void Begin(int targets) => _missing = _unheard = targets;

    /// <summary>Any turn: a target has it; true: it was the last.</summary>
    public bool IsLastTaken() => Interlocked.Decrement(ref _missing) == 0;

    /// <summary>The word of a target; false: others have not said theirs.</summary>
    public bool Heard(long target, bool isTaken)
    {
        if (isTaken)
            Taken.Add(target);
        return --_unheard == 0;
    }

    /// <summary>All to whom it went have it.</summary>
    public bool IsTaken => Volatile.Read(ref _missing) == 0;
}
