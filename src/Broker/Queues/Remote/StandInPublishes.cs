using Warren.Broker.Channels;
using Warren.Storage.Collections;

namespace Warren.Broker.Queues.Remote;

/// <summary>
/// What was published to a queue that is served elsewhere and is not answered, who is to be told, and the credit that
/// comes back when it has been sent. Here is what all stand-ins have in common; what stays when a line ends each kind
/// knows itself. Owned by the stand-in's turn.
/// </summary>
internal abstract class StandInPublishes(StandIn queue, StandInLanes lanes)
{
    private LazyQueue<(PublishCredit Credit, int SizeBytes, long Frame)> _credits;

    /// <summary>Wants a verdict when all before is durable.</summary>
    public abstract void Await(in PublishTicket ticket);

    /// <summary>To be given back when what was posted so far has been sent.</summary>
    public void Add(PublishCredit credit, int sizeBytes) =>
        _credits.Enqueue((credit, sizeBytes, Lanes.Posts.LastNumber));

    /// <summary>The end of a turn: who may post more hears of it.</summary>
    public abstract void GiveCredit();

    /// <summary>Nobody is held back for a queue that takes nothing.</summary>
    public void GiveAllCredit()
    {
        while (_credits.TryDequeue(out (PublishCredit Credit, int SizeBytes, long Frame) held))
            held.Credit.Give(held.SizeBytes);
    }

    /// <exception cref="FormatException">They make no sense.</exception>
    public void ReadVerdicts(ReadOnlySpan<byte> bytes, QueueScratch scratch)
    {
        var reader = new LineReader(bytes, LineFrame.HeaderBytes);
        while (!reader.IsAtEnd)
        {
            var kind = (LineItemKind)reader.Byte();
            if (kind == LineItemKind.Verdicts)
                Take(VerdictRun.Read(ref reader), scratch);
            else if (!TakesWord(kind))
                throw new FormatException("something else than verdicts among verdicts");
        }
    }

    protected StandIn Queue { get; } = queue;

    protected StandInLanes Lanes { get; } = lanes;

    protected OwedPublishes Owed { get; } = new();

    /// <summary>Another line begins, on which nothing is sent yet.</summary>
    protected void HoldCredit()
    {
        for (int left = _credits.Count; left > 0; left--)
        {
            (PublishCredit credit, int sizeBytes, _) = _credits.Dequeue();
            Add(credit, sizeBytes);
        }
    }

    /// <summary>Those whose frames are out may post more.</summary>
    protected void GiveSentCredit()
    {
        while (_credits.TryPeek(out (PublishCredit Credit, int SizeBytes, long Frame) held)
            && held.Frame <= Lanes.Posts.HighestSent)
        {
            _credits.Dequeue();
            held.Credit.Give(held.SizeBytes);
        }
    }

    /// <summary>It is answered, and not kept any more; false: nobody waits under this number.</summary>
    protected virtual bool TryTake(long number, out OwedPublish owed)
    {
        if (!Owed.TryAnswer(number, out owed))
            return false;
        if (owed.IsKept)
            owed.Kept.Slab.Release(1);
        return true;
    }

    /// <summary>Something else than verdicts, in their lane; false: it has no place there.</summary>
    protected virtual bool TakesWord(LineItemKind kind) => false;

    /// <summary>Publishes whose numbers are neighbours were refused.</summary>
    protected virtual void NoteRefused()
    {
    }

    private void Take(VerdictRun run, QueueScratch scratch)
    {
        if (!run.IsAccepted)
            NoteRefused();
        for (long number = run.First; number < run.First + run.Count; number++)
        {
            if (!TryTake(number, out OwedPublish owed))
                throw new FormatException($"a verdict on publish {number}, which waits for none");
            if (owed.Ticket.Group is not null || owed.Ticket.Sequence > 0)
                QueueReplies.Verdict(owed.Ticket, run.IsAccepted, scratch);
        }
    }
}
