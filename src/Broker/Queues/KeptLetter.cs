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

    /// <summary>Ids of the queues that have it; <see cref="Delays"/> for delayed exchanges.</summary>
    public HashSet<long> Taken { get; } = new(0);

    /// <summary>Stands among the ids for what is delayed.</summary>
    public static long Delays => 0;

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
