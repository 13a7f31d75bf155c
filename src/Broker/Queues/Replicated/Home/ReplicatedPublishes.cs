using Warren.Broker.Channels;
using Warren.Broker.Messages;
using Warren.Broker.Queues.Remote;

namespace Warren.Broker.Queues.Replicated;

/// <summary>
/// What was published on this node to a replicated queue and has no verdict yet: kept, with its number, until the queue
/// has committed it, whoever leads it by then. Owned by the stand-in's turn.
/// </summary>
internal sealed class ReplicatedPublishes(StandIn queue, StandInLanes lanes) : StandInPublishes(queue, lanes)
{
    /// <summary>
    /// Set in the number of what is no publish but wants a verdict: numbers of publishes have no gaps.
    /// </summary>
    private const long SyncMark = 1L << 62;

    /// <summary>
    /// The queue keeps so many refusals, each of one publish or of neighbours, before it is told that they have come:
    /// it could be asked for those publishes once more.
    /// </summary>
    private const int MostUntoldRefusals = 64;

    private readonly SortedDictionary<long, PublishTicket> _syncs = [];
    private long _lastSync = SyncMark;
    private long _deadLetterBytes;
    private int _refusals;
    private long _toldBelow;

    /// <summary>
    /// Also of what nobody waits for: it may be a client's, that posted to the queue before this stood for it.
    /// </summary>
    public bool KeepsAll { get; set; }

    /// <summary>Something waits for a verdict.</summary>
    public bool HasAny => Owed.Count + _syncs.Count > 0;

    /// <summary>So much is unanswered that publishers are held back.</summary>
    public bool IsFull =>
        Owed.KeptBytes > LineOptions.MostUnansweredBytes || Owed.Count > LineOptions.MostUnanswered;

    /// <summary>So much is unanswered that queues hold their dead letters back.</summary>
    public bool IsFullOfDeadLetters => IsFull || _deadLetterBytes > LineOptions.FullBytes;

    /// <summary>Takes a message in, and its reference; it goes at once if there is a line.</summary>
    public void Add(OwedPublish owed, in Message message)
    {
        // A dead letter that nobody keeps, and nobody waits for: rather than fill the memory it is lost.
        if (!KeepsAll && !owed.Ticket.IsAwaited && Owed.KeptBytes > LineOptions.MostUnawaitedBytes)
        {
            message.Slab.Release(1);
            return;
        }
        owed.Kept = message;
        if (OwedPublish.WaitsForArrival(owed.Ticket))
            _deadLetterBytes += message.SizeBytes;
        long number = Owed.Add(owed);
        if (Queue.HasLine)
            Write(owed, number);
    }

    /// <inheritdoc/>
    public override void Await(in PublishTicket ticket)
    {
        _syncs.Add(++_lastSync, ticket);
        if (Queue.HasLine)
            WriteSync(_lastSync);
    }

    /// <summary>Those whose frames are out may post more, unless too much is unanswered.</summary>
    public override void GiveCredit()
    {
        if (Queue.HasLine && !IsFull)
            GiveSentCredit();
    }

    /// <summary>Behind the publishes of a turn: the queue need not know any more what it has refused.</summary>
    public void TellAnswered()
    {
        if (_refusals < MostUntoldRefusals || !Queue.HasLine || Owed.First <= _toldBelow)
            return;
        _refusals = 0;
        _toldBelow = Owed.First;
        LineWriting.AnsweredBelow(Lanes.Posts, _toldBelow);
    }

    /// <summary>A new line: everything unanswered, in order, under its numbers.</summary>
    public void WriteAll()
    {
        _toldBelow = Owed.First;
        if (_toldBelow > 1)
            LineWriting.AnsweredBelow(Lanes.Posts, _toldBelow);
        for (long number = Owed.First; number < Owed.Next; number++)
        {
            if (Owed.TryPeek(number, out OwedPublish owed))
                Write(owed, number);
        }
        foreach (long number in _syncs.Keys)
            WriteSync(number);
        HoldCredit();
    }

    /// <summary>
    /// Nobody leads for too long, or the queue is gone: who waits is told. What its source keeps stays, unless the
    /// queue is gone.
    /// </summary>
    public void Refuse(LineEnd why, QueueScratch scratch)
    {
        for (long number = Owed.First; number < Owed.Next; number++)
        {
            if (Owed.TryPeek(number, out OwedPublish owed)
                && (why == LineEnd.Gone || !OwedPublish.WaitsForArrival(owed.Ticket))
                && TryTake(number, out _))
                Queue.Refuse(owed.Ticket, why, scratch);
        }
        foreach (PublishTicket ticket in _syncs.Values)
            QueueReplies.Verdict(ticket, accepted: why == LineEnd.Gone, scratch);
        _syncs.Clear();
        GiveAllCredit();
    }

    protected override void NoteRefused() => _refusals++;

    protected override bool TryTake(long number, out OwedPublish owed)
    {
        if (_syncs.Remove(number, out PublishTicket synced))
        {
            owed = new OwedPublish { Ticket = synced };
            return true;
        }
        if (!base.TryTake(number, out owed))
            return false;
        if (OwedPublish.WaitsForArrival(owed.Ticket))
            _deadLetterBytes -= owed.Kept.SizeBytes;
        return true;
    }

    private void Write(in OwedPublish owed, long number)
    {
        if (owed.Ticket.Group is PublishGroup { Origin: { } origin })
            LineWriting.Origin(Lanes.Posts, origin);
        LineWriting.Publish(Lanes.Posts, owed.Kept, owed.Priority, owed.Flags, owed.TtlMs, number);
    }

    private void WriteSync(long number) =>
        LineWriting.Request(Lanes.Posts, LineItemKind.Sync, number, Lanes.Settlements.LastNumber, 0);
}
