using Warren.Storage;

namespace Warren.Broker.Queues;

/// <summary>
/// A queue's positions, and what its machine and its log must agree on: a stored message's position is the index of its
/// entry, and what the log writes besides takes positions too. Recovery and the end of a turn come through here.
/// </summary>
internal sealed class StoredMessages(
    ReadyMessages ready, Deliveries deliveries, QueueLog log, byte maxPriority, bool counts)
{
    private long _lastPosition;

    /// <summary>The last place in the queue's order that was given.</summary>
    public long LastPosition => _lastPosition;

    /// <summary>The log takes messages.</summary>
    public bool IsOpen => log.IsOpen;

    /// <summary>The node's log takes records faster than it writes them.</summary>
    public bool IsBehind => log.IsNodeBehind;

    /// <summary>How far messages of each priority have been handed out, at least once.</summary>
    public Span<long> HandedOut => deliveries.HandedOut;

    /// <summary>The next place in the queue's order.</summary>
    public long NextPosition() => _lastPosition = log.NextPosition(_lastPosition);

    /// <summary>
    /// Takes in what recovery found, by rising position; its bytes are in the log, its expiry in the queue's time.
    /// </summary>
    public void Recover(in QueuedMessage queued)
    {
        QueuedMessage recovered = Recovered(in queued);
        ready.Add(in recovered);
    }

    /// <summary>The same of what was handed out before something that a client still has, and is with nobody.</summary>
    public void RecoverReturned(in QueuedMessage queued)
    {
        QueuedMessage recovered = Recovered(in queued);
        if (counts)
            ready.PutBehindReturned(in recovered);
        else
            ready.PutBack(in recovered);
    }

    /// <summary>
    /// Takes in what a client had of a leader before, with its bytes; <paramref name="holder"/> null: it was got.
    /// </summary>
    public void Hold(in QueuedMessage queued, Consumer? holder, long nowMs)
    {
        QueuedMessage recovered = Recovered(in queued);
        deliveries.HoldAgain(in recovered, holder, nowMs);
    }

    /// <inheritdoc cref="Deliveries.SlotOf"/>
    public int SlotOf(long position) => deliveries.SlotOf(position);

    /// <summary>How often recovered messages came back, by position.</summary>
    public void RecoverCounts(Dictionary<long, int> deliveryCounts) => ready.SetCounts(deliveryCounts);

    /// <summary>Positions up to here were given before; recovery is over.</summary>
    public void RecoverLast(long position) => _lastPosition = Math.Max(_lastPosition, position);

    /// <summary>A message goes to the tail: it gets a new position, and its entry too if it is stored.</summary>
    public void MoveToTail(ref QueuedMessage queued, long nowMs)
    {
        long before = queued.Position;
        queued.Position = NextPosition();
        if (queued.IsStored)
            log.AppendAgain(ref queued, before, nowMs);
        ready.Add(in queued);
    }

    /// <summary>A message came back and that is counted.</summary>
    public void NoteReturn(in QueuedMessage queued)
    {
        if (queued.IsStored)
            log.Return(queued.Position, queued.DeliveryCount, NextPosition());
    }

    /// <summary>Writes what this turn removed. Before anybody sees the turn's outcome.</summary>
    public void Write()
    {
        if (log.HasRemoved)
            log.WriteRemoved(NextPosition());
        log.Mark();
        log.Paged.Write();
    }

    /// <summary>
    /// Shows every message to <paramref name="relocate"/>, which may replace it by a copy in another slab; the
    /// reference moves with it. Takes time for every message.
    /// </summary>
    public void Rehome(Relocation relocate)
    {
        ready.Rehome(relocate);
        deliveries.Rehome(relocate);
    }

    /// <summary>Records were copied in the node log; by rising position.</summary>
    public void Move(ReadOnlySpan<MovedEntry> moves)
    {
        ready.Move(moves);
        deliveries.Move(moves);
    }

    /// <summary>Records of the paged group were copied; by rising index.</summary>
    public void MovePaged(ReadOnlySpan<MovedEntry> moves)
    {
        if (moves.IsEmpty)
            return;
        ready.MovePaged(moves);
        log.Paged.Move(moves);
    }

    /// <summary>A dead letter's targets have it and have released it here, or there are none.</summary>
    public void Buried(long position) => log.Forget(position);

    private QueuedMessage Recovered(in QueuedMessage queued)
    {
        QueuedMessage recovered = queued;
        recovered.Priority = Math.Min(queued.Priority, maxPriority);
        if (!counts)
            recovered.DeliveryCount = -1;
        return recovered;
    }
}
