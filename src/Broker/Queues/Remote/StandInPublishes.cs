using Warren.Broker.Channels;
using Warren.Broker.Messages;

namespace Warren.Broker.Queues.Remote;

/// <summary>
/// What was published to a queue on another node and is not answered, who is to be told, and the credit that comes back
/// when it has been sent. Owned by the stand-in's turn.
/// </summary>
internal sealed class StandInPublishes(StandIn queue, StandInLanes lanes)
{
    private readonly OwedPublishes _owed = new();
    private readonly Queue<(PublishCredit Credit, int SizeBytes, long Frame)> _credits = new(0);
    // Dead letters that wait for the next line: their sources keep them until they have arrived.
    private readonly Queue<OwedPublish> _kept = new(0);
    private long _keptBytes;

    /// <summary>Bytes that wait to be sent, or are kept until it is known that they have arrived.</summary>
    public long WaitingBytes => lanes.Posts.UnsentBytes + _owed.KeptBytes + _keptBytes;

    /// <summary>Something waits for the next line.</summary>
    public bool HasKept => _kept.Count > 0;

    /// <summary>Takes a message in while there may be a line; takes over its reference.</summary>
    public void Send(in OwedPublish owed, Message message)
    {
        // A dead letter that nobody keeps, and nobody waits for: rather than fill the memory it is lost.
        if (!owed.Ticket.IsAwaited && lanes.Posts.UnsentBytes > LineOptions.MostUnawaitedBytes)
        {
            message.Slab.Release(1);
            return;
        }
        if (!OwedPublish.WaitsForArrival(owed.Ticket))
        {
            Write(owed, message);
            message.Slab.Release(1);
            return;
        }
        OwedPublish kept = owed;
        kept.Kept = message;
        Write(kept, message);
    }

    /// <summary>Takes a message in while the home is away; takes over its reference.</summary>
    public void KeepOrRefuse(in OwedPublish owed, Message message, LineEnd why, QueueScratch scratch)
    {
        if (why == LineEnd.Gone || !OwedPublish.WaitsForArrival(owed.Ticket))
        {
            message.Slab.Release(1);
            queue.Refuse(owed.Ticket, why, scratch);
            return;
        }
        OwedPublish kept = owed;
        kept.Kept = message;
        Keep(kept);
    }

    /// <summary>Wants a verdict when all before is durable; returns the number that it will have.</summary>
    public long Await(in PublishTicket ticket) => _owed.Add(new OwedPublish { Ticket = ticket });

    /// <summary>To be given back when what was posted so far has been sent.</summary>
    public void Add(PublishCredit credit, int sizeBytes) =>
        _credits.Enqueue((credit, sizeBytes, lanes.Posts.LastNumber));

    /// <summary>The end of a turn: those whose frames are out may post more.</summary>
    public void GiveCredit()
    {
        while (_credits.TryPeek(out (PublishCredit Credit, int SizeBytes, long Frame) held)
            && (held.Frame <= lanes.Posts.HighestSent || lanes.Line == 0))
        {
            _credits.Dequeue();
            held.Credit.Give(held.SizeBytes);
        }
    }

    /// <summary>The home has said that the line is to end, as the queue is replicated from now on.</summary>
    public bool IsMoving { get; private set; }

    /// <summary>It has said all that was to be said of this lane.</summary>
    public bool IsMoved { get; private set; }

    /// <exception cref="FormatException">They make no sense.</exception>
    public void ReadVerdicts(ReadOnlySpan<byte> bytes, QueueScratch scratch)
    {
        var reader = new LineReader(bytes, LineFrame.HeaderBytes);
        while (!reader.IsAtEnd)
        {
            var word = (LineItemKind)bytes[reader.At];
            if (word is LineItemKind.Moving or LineItemKind.Moved)
            {
                reader.Byte();
                IsMoving = true;
                IsMoved |= word == LineItemKind.Moved;
                continue;
            }
            VerdictRun run = VerdictRun.Read(ref reader);
            for (long number = run.First; number < run.First + run.Count; number++)
            {
                if (!_owed.TryAnswer(number, out OwedPublish owed))
                    throw new FormatException($"a verdict on publish {number}, which waits for none");
                if (owed.IsKept)
                    owed.Kept.Slab.Release(1);
                if (owed.Ticket.Group is not null || owed.Ticket.Sequence > 0)
                    QueueReplies.Verdict(owed.Ticket, run.IsAccepted, scratch);
            }
        }
    }

    /// <summary>There is a line, or there may be one: what waited for it goes.</summary>
    public void SendKept()
    {
        while (_kept.TryDequeue(out OwedPublish owed))
        {
            _keptBytes -= owed.Kept.SizeBytes;
            Write(owed, owed.Kept);
        }
    }

    /// <summary>The line is over: who waits is told, and what its source keeps waits for the next.</summary>
    public void End(LineEnd why, QueueScratch scratch)
    {
        while (_owed.TryTake(out OwedPublish owed))
        {
            if (owed.IsKept && why != LineEnd.Gone)
            {
                Keep(owed);
                continue;
            }
            if (owed.IsKept)
                owed.Kept.Slab.Release(1);
            queue.Refuse(owed.Ticket, why, scratch);
        }
        while (_credits.TryDequeue(out (PublishCredit Credit, int SizeBytes, long Frame) held))
            held.Credit.Give(held.SizeBytes);
        while (why == LineEnd.Gone && _kept.TryDequeue(out OwedPublish owed))
        {
            _keptBytes -= owed.Kept.SizeBytes;
            owed.Kept.Slab.Release(1);
            queue.Refuse(owed.Ticket, why, scratch);
        }
    }

    /// <summary>What waits for the next line goes to another stand-in, with its references.</summary>
    public void MoveKept(QueueHome other)
    {
        while (_kept.TryDequeue(out OwedPublish owed))
        {
            other.Post(QueueCommand.Publish(
                owed.Kept, owed.Priority, owed.Persistent, owed.TtlMs, (DeliveryChannel?)owed.Ticket.Publisher,
                owed.Ticket.Sequence, owed.Ticket.Group as PublishGroup));
        }
    }

    private void Write(in OwedPublish owed, in Message message)
    {
        queue.NeedLine();
        long number = _owed.Add(owed);
        LineWriting.Publish(lanes.Posts, message, owed.Priority, owed.Persistent, owed.TtlMs, number);
    }

    private void Keep(in OwedPublish owed)
    {
        _kept.Enqueue(owed);
        _keptBytes += owed.Kept.SizeBytes;
    }
}
