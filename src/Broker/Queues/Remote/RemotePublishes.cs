using Warren.Broker.Channels;
using Warren.Broker.Messages;
using Warren.Storage.Collections;

namespace Warren.Broker.Queues.Remote;

/// <summary>
/// What was published to a queue whose home is another node and is not answered. When the line ends nobody knows what
/// became of it: only what its source keeps goes again on the next. Owned by the stand-in's turn.
/// </summary>
internal sealed class RemotePublishes(StandIn queue, StandInLanes lanes) : StandInPublishes(queue, lanes)
{
    // Dead letters that wait for the next line: their sources keep them until they have arrived.
    private LazyQueue<OwedPublish> _kept;
    private long _keptBytes;

    /// <summary>Bytes that wait to be sent, or are kept until it is known that they have arrived.</summary>
    public long WaitingBytes => Lanes.Posts.UnsentBytes + Owed.KeptBytes + _keptBytes;

    /// <summary>Something waits for the next line.</summary>
    public bool HasKept => _kept.Count > 0;

    /// <summary>Takes a message in while there may be a line; takes over its reference.</summary>
    public void Send(OwedPublish owed, Message message)
    {
        // A dead letter that nobody keeps, and nobody waits for: rather than fill the memory it is lost.
        if (!owed.Ticket.IsAwaited && Lanes.Posts.UnsentBytes > LineOptions.MostUnawaitedBytes)
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
        owed.Kept = message;
        Write(owed, message);
    }

    /// <summary>Takes a message in that waits for the next line; takes over its reference.</summary>
    public void Keep(OwedPublish owed, Message message)
    {
        owed.Kept = message;
        _kept.Enqueue(owed);
        _keptBytes += message.SizeBytes;
    }

    /// <inheritdoc/>
    public override void Await(in PublishTicket ticket)
    {
        long number = Owed.Add(new OwedPublish { Ticket = ticket });
        LineWriting.Request(Lanes.Posts, LineItemKind.Sync, number, Lanes.Settlements.LastNumber, 0);
    }

    /// <inheritdoc/>
    public override void GiveCredit()
    {
        if (Queue.HasLine)
            GiveSentCredit();
        else
            GiveAllCredit();
    }

    /// <summary>The home has said that the line is to end, as the queue is replicated from now on.</summary>
    public bool IsMoving { get; private set; }

    /// <summary>It has said all that was to be said of this lane.</summary>
    public bool IsMoved { get; private set; }

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
        while (Owed.TryTake(out OwedPublish owed))
        {
            if (owed.IsKept && why != LineEnd.Gone)
            {
                Keep(owed, owed.Kept);
                continue;
            }
            if (owed.IsKept)
                owed.Kept.Slab.Release(1);
            Queue.Refuse(owed.Ticket, why, scratch);
        }
        GiveAllCredit();
        while (why == LineEnd.Gone && _kept.TryDequeue(out OwedPublish owed))
        {
            _keptBytes -= owed.Kept.SizeBytes;
            owed.Kept.Slab.Release(1);
            Queue.Refuse(owed.Ticket, why, scratch);
        }
    }

    /// <summary>What waits for the next line goes to another stand-in, with its references.</summary>
    public void MoveKept(QueueHome other)
    {
        while (_kept.TryDequeue(out OwedPublish owed))
        {
            _keptBytes -= owed.Kept.SizeBytes;
            other.Post(QueueCommand.Publish(
                owed.Kept, owed.Priority, owed.Persistent, owed.TtlMs, (DeliveryChannel?)owed.Ticket.Publisher,
                owed.Ticket.Sequence, owed.Ticket.Group as PublishGroup));
        }
    }

    protected override bool TakesWord(LineItemKind kind)
    {
        bool isMove = kind is LineItemKind.Moving or LineItemKind.Moved;
        IsMoving |= isMove;
        IsMoved |= kind == LineItemKind.Moved;
        return isMove;
    }

    private void Write(in OwedPublish owed, in Message message)
    {
        Queue.NeedLine();
        long number = Owed.Add(owed);
        LineWriting.Publish(Lanes.Posts, message, owed.Priority, owed.Flags, owed.TtlMs, number);
    }
}
