using Warren.Broker.Channels;
using Warren.Broker.Messages;
using Warren.Broker.Queues.Remote;

namespace Warren.Broker.Queues.Replicated;

/// <summary>
/// What was published on this node to a replicated queue and has no verdict yet: kept, with its number, until the queue
/// has committed it, whoever leads it by then. Owned by the stand-in's turn.
/// </summary>
internal sealed class ReplicatedPublishes(StandIn queue, StandInLanes lanes)
{
    /// <summary>
    /// Set in the number of what is no publish but wants a verdict: numbers of publishes have no gaps.
    /// </summary>
    private const long SyncMark = 1L << 62;

    private readonly OwedPublishes _owed = new();
    private readonly SortedDictionary<long, PublishTicket> _syncs = [];
    private readonly Queue<(PublishCredit Credit, int SizeBytes, long Frame)> _credits = new(0);
    private long _lastSync = SyncMark;
    private long _deadLetterBytes;

    /// <summary>
    /// Also of what nobody waits for: it may be a client's, that posted to the queue before this stood for it.
    /// </summary>
    public bool KeepsAll { get; set; }

    /// <summary>Something waits for a verdict.</summary>
    public bool HasAny => _owed.Count + _syncs.Count > 0;

    /// <summary>So much is unanswered that publishers are held back.</summary>
    public bool IsFull =>
        _owed.KeptBytes > LineOptions.MostUnansweredBytes || _owed.Count > LineOptions.MostUnanswered;

    /// <summary>So much is unanswered that queues hold their dead letters back.</summary>
    public bool IsFullOfDeadLetters => IsFull || _deadLetterBytes > LineOptions.FullBytes;

    /// <summary>Takes a message in, and its reference; it goes at once if there is a line.</summary>
    public void Add(OwedPublish owed, in Message message)
    {
        // A dead letter that nobody keeps, and nobody waits for: rather than fill the memory it is lost.
        if (!KeepsAll && !owed.Ticket.IsAwaited && _owed.KeptBytes > LineOptions.MostUnawaitedBytes)
        {
            message.Slab.Release(1);
            return;
        }
        owed.Kept = message;
        if (OwedPublish.WaitsForArrival(owed.Ticket))
            _deadLetterBytes += message.SizeBytes;
        long number = _owed.Add(owed);
        if (queue.HasLine)
            Write(owed, number);
    }

    /// <summary>Wants a verdict when all before is durable.</summary>
    public void Await(in PublishTicket ticket)
    {
        _syncs.Add(++_lastSync, ticket);
        if (queue.HasLine)
            WriteSync(_lastSync);
    }

    /// <summary>To be given back when what was posted so far has been sent, and not too much is unanswered.</summary>
    public void Add(PublishCredit credit, int sizeBytes) =>
        _credits.Enqueue((credit, sizeBytes, lanes.Posts.LastNumber));

    /// <summary>The end of a turn.</summary>
    public void GiveCredit()
    {
        while (queue.HasLine && !IsFull
            && _credits.TryPeek(out (PublishCredit Credit, int SizeBytes, long Frame) held)
            && held.Frame <= lanes.Posts.HighestSent)
        {
            _credits.Dequeue();
            held.Credit.Give(held.SizeBytes);
        }
    }

    /// <exception cref="FormatException">They make no sense.</exception>
    public void ReadVerdicts(ReadOnlySpan<byte> bytes, QueueScratch scratch)
    {
        var reader = new LineReader(bytes, LineFrame.HeaderBytes);
        while (!reader.IsAtEnd)
        {
            VerdictRun run = VerdictRun.Read(ref reader);
            for (long number = run.First; number < run.First + run.Count; number++)
            {
                if (_syncs.Remove(number, out PublishTicket synced))
                    QueueReplies.Verdict(synced, run.IsAccepted, scratch);
                else if (TryTake(number, out OwedPublish owed))
                    Tell(owed.Ticket, run.IsAccepted, scratch);
                else
                    throw new FormatException($"a verdict on publish {number}, which waits for none");
            }
        }
    }

    /// <summary>A new line: everything unanswered, in order, under its numbers.</summary>
    public void WriteAll()
    {
        for (long number = _owed.First; number < _owed.Next; number++)
        {
            if (_owed.TryPeek(number, out OwedPublish owed))
                Write(owed, number);
        }
        foreach (long number in _syncs.Keys)
            WriteSync(number);
        for (int left = _credits.Count; left > 0; left--)
        {
            (PublishCredit credit, int sizeBytes, _) = _credits.Dequeue();
            Add(credit, sizeBytes);
        }
    }

    /// <summary>
    /// Nobody leads for too long, or the queue is gone: who waits is told. What its source keeps stays, unless the
    /// queue is gone.
    /// </summary>
    public void Refuse(LineEnd why, QueueScratch scratch)
    {
        for (long number = _owed.First; number < _owed.Next; number++)
        {
            if (_owed.TryPeek(number, out OwedPublish owed)
                && (why == LineEnd.Gone || !OwedPublish.WaitsForArrival(owed.Ticket))
                && TryTake(number, out _))
                queue.Refuse(owed.Ticket, why, scratch);
        }
        foreach (PublishTicket ticket in _syncs.Values)
            QueueReplies.Verdict(ticket, accepted: why == LineEnd.Gone, scratch);
        _syncs.Clear();
        GiveAllCredit();
    }

    /// <summary>Nobody is held back for a queue that takes nothing.</summary>
    public void GiveAllCredit()
    {
        while (_credits.TryDequeue(out (PublishCredit Credit, int SizeBytes, long Frame) held))
            held.Credit.Give(held.SizeBytes);
    }

    private bool TryTake(long number, out OwedPublish owed)
    {
        if (!_owed.TryAnswer(number, out owed))
            return false;
        owed.Kept.Slab.Release(1);
        if (OwedPublish.WaitsForArrival(owed.Ticket))
            _deadLetterBytes -= owed.Kept.SizeBytes;
        return true;
    }

    private static void Tell(in PublishTicket ticket, bool isAccepted, QueueScratch scratch)
    {
        if (ticket.Group is not null || ticket.Sequence > 0)
            QueueReplies.Verdict(ticket, isAccepted, scratch);
    }

    private void Write(in OwedPublish owed, long number) =>
        LineWriting.Publish(lanes.Posts, owed.Kept, owed.Priority, owed.Persistent, owed.TtlMs, number);

    private void WriteSync(long number) =>
        LineWriting.Request(lanes.Posts, LineItemKind.Sync, number, lanes.Settlements.LastNumber, 0);
}
