namespace Warren.Broker.Delays;

/// <summary>
/// Messages that are due and wait for the same thing, in the order in which they were due: whoever would overtake one
/// of them waits with them. They keep their slots among the <see cref="WaitingMessages"/>. Owned by the turn of
/// <see cref="DelayedMessages"/>.
/// </summary>
internal sealed class DelayHold
{
    private readonly PriorityQueue<int, DueTime> _slots = new();

    public int Count => _slots.Count;

    /// <summary>The last of those that were let go on.</summary>
    public DueTime Released { get; private set; } = DueTime.Never;

    /// <summary>Whether one that is held was due before this.</summary>
    public bool StandsBefore(DueTime due) => _slots.TryPeek(out _, out DueTime first) && first.CompareTo(due) < 0;

    public void Add(int slot, DueTime due) => _slots.Enqueue(slot, due);

    /// <summary>Lets the first go on.</summary>
    public void TakeFirst(out int slot, out DueTime due)
    {
        if (!_slots.TryDequeue(out slot, out due))
            throw new InvalidOperationException("Nothing is held.");
        Released = due;
    }
}
