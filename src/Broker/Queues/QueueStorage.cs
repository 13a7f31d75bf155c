using Warren.Broker.Channels;
using Warren.Storage;

namespace Warren.Broker.Queues;

/// <summary>
/// What a durable queue has waiting for the node log: verdicts that are given when their messages are durable, publish
/// credit that is held while the log is behind, copies to take note of. Owned by the queue's turn, but for what the
/// committer's thread calls. The turn is woken only for what it waits for: most rounds settle acknowledgements, whose
/// durability nobody asks for.
/// </summary>
internal sealed class QueueStorage(Queue queue, QueueLog log) : IGroupOwner
{
    private readonly Queue<(Lsn Lsn, PublishTicket Ticket)> _verdicts = new(0);
    private readonly Queue<(PublishCredit Credit, int SizeBytes)> _held = new(0);
    // Of this turn, before it has written all of its records.
    private readonly List<PublishTicket> _fresh = new(0);
    private readonly List<PublishTicket> _untilEnd = new(0);
    private readonly List<MovedEntries> _moves = new(0);
    private PagedOwner? _paged;
    private long _durableLsn;
    private long _awaitedLsn = long.MaxValue;

    /// <summary>Publishers of this queue are to wait until the log has caught up.</summary>
    public bool IsBehind => log.IsBehind;

    /// <summary>Owns the group of what the queue writes to spare memory.</summary>
    public IGroupOwner Paged => _paged ??= new PagedOwner(this, queue);

    // Of either group: what is durable of one is so of all that was appended before, by whomever.
    void IGroupOwner.Durable(Lsn lsn)
    {
        if (lsn.Value > _durableLsn)
            Volatile.Write(ref _durableLsn, lsn.Value);
        Interlocked.MemoryBarrier();
        WakeIfDue();
    }

    void IGroupOwner.Moved(MovedEntries moves) => queue.Post(QueueCommand.Moved(moves, isPaged: false));

    /// <summary>
    /// The verdict waits for what this turn has appended when it is over (<see cref="Stamp"/>); once the queue has
    /// closed, for the end of its group.
    /// </summary>
    public void Await(in PublishTicket ticket) => (log.IsEnding ? _untilEnd : _fresh).Add(ticket);

    /// <summary>
    /// The turn has written all of its records, those of its removals last: a client whose publish is confirmed may
    /// take the acknowledgements that it sent before for durable too.
    /// </summary>
    public void Stamp()
    {
        foreach (PublishTicket ticket in _fresh)
            _verdicts.Enqueue((log.LastLsn, ticket));
        _fresh.Clear();
    }

    /// <summary>The queue's group has been dropped.</summary>
    public void Ended()
    {
        foreach (PublishTicket ticket in _untilEnd)
            _verdicts.Enqueue((log.LastLsn, ticket));
        _untilEnd.Clear();
    }

    public void Hold(PublishCredit credit, int sizeBytes) => _held.Enqueue((credit, sizeBytes));

    /// <summary>Takes note of what is durable now, and lets publishers go on if they may.</summary>
    public void NoteDurable()
    {
        log.NoteDurable(new Lsn(Volatile.Read(ref _durableLsn)));
        if (_held.Count > 0 && !log.IsBehind)
        {
            while (_held.TryDequeue(out (PublishCredit Credit, int SizeBytes) held))
                held.Credit.Give(held.SizeBytes);
        }
    }

    /// <summary>The next verdict that may be given.</summary>
    public bool TryNextVerdict(out PublishTicket ticket)
    {
        if (_verdicts.TryPeek(out (Lsn Lsn, PublishTicket Ticket) first)
            && first.Lsn.Value <= Volatile.Read(ref _durableLsn))
        {
            ticket = _verdicts.Dequeue().Ticket;
            return true;
        }
        ticket = default;
        return false;
    }

    /// <summary>
    /// The end of a turn: sees to it that the next one comes when something that is waited for is durable.
    /// <paramref name="pages"/>: memory could be given up then.
    /// </summary>
    public void AwaitDurable(bool pages)
    {
        long lsn = long.MaxValue;
        if (_verdicts.TryPeek(out (Lsn Lsn, PublishTicket Ticket) first))
            lsn = first.Lsn.Value;
        else if (_held.Count > 0)
            lsn = log.LastLsn.Value;
        else if (pages && Math.Max(log.LastLsn.Value, log.Paged.LastLsn.Value) is var last
            && last > Volatile.Read(ref _durableLsn))
            lsn = last;
        if (lsn == long.MaxValue)
            return;
        Volatile.Write(ref _awaitedLsn, lsn);
        Interlocked.MemoryBarrier();
        WakeIfDue();
    }

    /// <summary>
    /// The old places may go once nothing is being read from them: <paramref name="isReading"/> when that is not yet.
    /// </summary>
    public void Complete(MovedEntries moves, bool isReading)
    {
        if (isReading)
            _moves.Add(moves);
        else
            moves.Complete();
    }

    /// <summary>Nothing is being read any more.</summary>
    public void CompleteMoves()
    {
        foreach (MovedEntries moves in _moves)
            moves.Complete();
        _moves.Clear();
    }

    private void WakeIfDue()
    {
        long awaited = Volatile.Read(ref _awaitedLsn);
        if (awaited <= Volatile.Read(ref _durableLsn)
            && Interlocked.CompareExchange(ref _awaitedLsn, long.MaxValue, awaited) == awaited)
            queue.Post(QueueCommand.Durable());
    }

    private sealed class PagedOwner(IGroupOwner storage, Queue queue) : IGroupOwner
    {
        public void Durable(Lsn lsn) => storage.Durable(lsn);

        public void Moved(MovedEntries moves) => queue.Post(QueueCommand.Moved(moves, isPaged: true));
    }
}
