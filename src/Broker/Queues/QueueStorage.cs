using Warren.Broker.Channels;
using Warren.Broker.Durability;
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
    private readonly DurableWaits _waits = new(() => queue.Post(QueueCommand.Durable()));
    // Of this turn, before it has written all of its records.
    private readonly List<PublishTicket> _fresh = new(0);
    private readonly List<PublishTicket> _untilEnd = new(0);
    private PagedOwner? _paged;
    private IGroupOwner? _heir;

    /// <summary>Publishers of this queue are to wait until the log has caught up.</summary>
    public bool IsBehind => log.IsBehind;

    /// <summary>Owns the group of what the queue writes to spare memory.</summary>
    public IGroupOwner Paged => _paged ??= new PagedOwner(this, queue);

    // Of either group: what is durable of one is so of all that was appended before, by whomever.
    void IGroupOwner.Durable(Lsn lsn)
    {
        if (Volatile.Read(ref _heir) is { } heir)
            heir.Durable(lsn);
        else
            _waits.NoteDurable(lsn);
    }

    // Also of an heir's: two moves of one entry must not overtake each other.
    void IGroupOwner.Moved(MovedEntries moves) => queue.Post(QueueCommand.Moved(moves, isPaged: false));

    /// <summary>All that the queue has written is durable, and known here to be.</summary>
    public bool IsDurable => log.LastLsn <= _waits.DurableLsn;

    /// <summary>Somebody waits for his verdict.</summary>
    public bool HasVerdicts => _fresh.Count > 0 || _waits.HasVerdicts;

    /// <summary>The group is another owner's from now on. Moves of its entries the queue passes on.</summary>
    public void LeaveTo(IGroupOwner heir)
    {
        Volatile.Write(ref _heir, heir);
        _waits.GiveCredit();
    }

    /// <summary>
    /// The verdict waits for what this turn has appended when it is over (<see cref="Stamp"/>); once the queue has
    /// closed, for the end of its group.
    /// </summary>
    public void Await(in PublishTicket ticket) => (log.IsEnding ? _untilEnd : _fresh).Add(ticket);

    /// <summary>The verdict comes when everything appended so far is durable, at once if it is.</summary>
    public void Await(in PublishTicket ticket, QueueScratch scratch)
    {
        if (log.MayComeBack || log.IsAwaited)
            Await(ticket);
        else
            QueueReplies.Verdict(ticket, accepted: true, scratch);
    }

    /// <summary>
    /// The turn has written all of its records, those of its removals last: a client whose publish is confirmed may
    /// take the acknowledgements that it sent before for durable too.
    /// </summary>
    public void Stamp()
    {
        foreach (PublishTicket ticket in _fresh)
            _waits.Await(log.LastLsn, ticket);
        _fresh.Clear();
    }

    /// <summary>The queue's group has been dropped.</summary>
    public void Ended()
    {
        foreach (PublishTicket ticket in _untilEnd)
            _waits.Await(log.LastLsn, ticket);
        _untilEnd.Clear();
    }

    /// <summary>A replicated queue's log is committed up to this index.</summary>
    public void NoteCommitted(Lsn index) => _waits.NoteDurable(index);

    public void Hold(PublishCredit credit, int sizeBytes) => _waits.Hold(credit, sizeBytes);

    /// <summary>Takes note of what is durable now, and lets publishers go on if they may.</summary>
    public void NoteDurable()
    {
        log.NoteDurable(_waits.DurableLsn);
        if (_waits.HoldsCredit && !log.IsBehind)
            _waits.GiveCredit();
    }

    /// <summary>The next verdict that may be given.</summary>
    public bool TryNextVerdict(out PublishTicket ticket) => _waits.TryNextVerdict(out ticket);

    /// <summary>
    /// The end of a turn: sees to it that the next one comes when something that is waited for is durable.
    /// <paramref name="pages"/>: memory could be given up then.
    /// </summary>
    public void AwaitDurable(bool pages)
    {
        Lsn last = log.LastLsn > log.Paged.LastLsn ? log.LastLsn : log.Paged.LastLsn;
        if (_waits.HoldsCredit)
            _waits.AwaitDurable(log.LastLsn);
        else
            _waits.AwaitDurable(pages && last > _waits.DurableLsn ? last : null);
    }

    /// <summary>
    /// The old places may go once nothing is being read from them: <paramref name="isReading"/> when that is not yet.
    /// </summary>
    public void Complete(MovedEntries moves, bool isReading) => _waits.Complete(moves, isReading);

    /// <summary>Nothing is being read any more.</summary>
    public void CompleteMoves() => _waits.CompleteMoves();

    private sealed class PagedOwner(IGroupOwner storage, Queue queue) : IGroupOwner
    {
        public void Durable(Lsn lsn) => storage.Durable(lsn);

        public void Moved(MovedEntries moves) => queue.Post(QueueCommand.Moved(moves, isPaged: true));
    }
}
