using Warren.Broker.Channels;
using Warren.Broker.Durability;
using Warren.Broker.Messages;
using Warren.Broker.Queues;
using Warren.Storage;

namespace Warren.Broker.Delays;

/// <summary>
/// Waiting messages as entries of their group in the node log: what has come and what is gone, the verdicts that are
/// given when their messages are durable, publish credit that is held while the log is behind. Owned by the turn of
/// <see cref="DelayedMessages"/>, but for what the log's threads call; the turn is woken only for what it waits for.
/// Without storage it is not open and does nothing.
/// </summary>
internal sealed class DelayLog(DelayedMessages messages) : IGroupOwner
{
    private readonly Queue<(Lsn Lsn, PublishTicket Ticket)> _verdicts = new();
    private readonly Queue<(PublishCredit Credit, int SizeBytes)> _held = new();
    private readonly RemovedRanges _released = new();
    private readonly List<MovedEntries> _moves = [];
    private NodeLog? _log;
    private LogGroup? _group;
    private Lsn _lastLsn;
    private long _durableLsn;
    private long _awaitedLsn = long.MaxValue;

    public bool IsOpen => _group is not null;

    /// <summary>Something was released and not written yet.</summary>
    public bool HasReleased => !_released.IsEmpty;

    /// <summary>The group is on stable storage up to here; what a start has found lies below.</summary>
    public Lsn DurableLsn => new(Volatile.Read(ref _durableLsn));

    void IGroupOwner.Durable(Lsn lsn)
    {
        Volatile.Write(ref _durableLsn, lsn.Value);
        Interlocked.MemoryBarrier();
        WakeIfDue();
    }

    void IGroupOwner.Moved(MovedEntries moves) => messages.Moved(moves);

    public void Open(NodeLog log)
    {
        _log = log;
        _group = log.OpenGroup(DurableGroups.Delays, this);
    }

    /// <summary>Stores a message under its number.</summary>
    public Appended Append(in Message message, long number, long dueUnixMs, DelayPlace place)
    {
        Span<byte> meta = stackalloc byte[DelayMeta.MostHeadBytes + place.Encoded.Length];
        Action? whenWritten = null;
        if (message.SizeBytes >= NodeLog.CopiedBodyBytes)
        {
            message.Slab.AddReferences(1);
            whenWritten = message.Slab.ReleaseOne;
        }
        Appended appended = _group!.Append(new NewEntry
        {
            Index = new LogIndex(number),
            Meta = meta[..DelayMeta.Write(meta, message, dueUnixMs, place)],
            Body = message.Bytes,
            WhenWritten = whenWritten,
            IsKept = true,
        });
        _lastLsn = appended.Lsn;
        return appended;
    }

    /// <summary>The verdict is given when this record is durable.</summary>
    public void Await(Lsn lsn, in PublishTicket ticket) => _verdicts.Enqueue((lsn, ticket));

    /// <summary>Lets a publisher go on; when the log has caught up, if it is behind.</summary>
    public void GiveCredit(PublishCredit credit, int sizeBytes)
    {
        if (IsBehind)
            _held.Enqueue((credit, sizeBytes));
        else
            credit.Give(sizeBytes);
    }

    /// <summary>Something has become durable: those who were held may go on if the log has caught up.</summary>
    public void ReleaseCredit()
    {
        while (!IsBehind && _held.TryDequeue(out (PublishCredit Credit, int SizeBytes) held))
            held.Credit.Give(held.SizeBytes);
    }

    /// <summary>The next verdict that may be given.</summary>
    public bool TryNextVerdict(out PublishTicket ticket)
    {
        ticket = default;
        if (!_verdicts.TryPeek(out (Lsn Lsn, PublishTicket Ticket) first) || first.Lsn > DurableLsn)
            return false;
        ticket = _verdicts.Dequeue().Ticket;
        return true;
    }

    /// <summary>A stored message waits no more and goes nowhere.</summary>
    public void Release(long number) => _released.Add(number);

    /// <summary>
    /// A stored message has been taken by whom it was for, who says so before he can be seen to have it: on any thread.
    /// </summary>
    public Lsn ReleaseTaken(long number) =>
        _group!.Release(new IndexRange(new LogIndex(number), new LogIndex(number)));

    /// <summary>Writes what is gone, under a number of its own.</summary>
    public void WriteReleased(long number)
    {
        _lastLsn = _group!.Append(new NewEntry
        {
            Index = new LogIndex(number),
            Releases = _released.Sorted(),
        }).Lsn;
        _released.Clear();
    }

    /// <summary>
    /// The end of a turn: sees to it that the next one comes when something that is waited for is durable.
    /// <paramref name="pageable"/>: the record whose durability would let memory go.
    /// </summary>
    public void AwaitDurable(Lsn? pageable)
    {
        long lsn = pageable?.Value ?? long.MaxValue;
        if (_verdicts.TryPeek(out (Lsn Lsn, PublishTicket Ticket) first))
            lsn = Math.Min(lsn, first.Lsn.Value);
        if (_held.Count > 0)
            lsn = Math.Min(lsn, _lastLsn.Value);
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

    // The log takes records faster than it writes them, some of these messages' among them.
    private bool IsBehind => _log is { IsBehind: true } && _lastLsn > _log.DurableLsn;

    private void WakeIfDue()
    {
        long awaited = Volatile.Read(ref _awaitedLsn);
        if (awaited <= Volatile.Read(ref _durableLsn)
            && Interlocked.CompareExchange(ref _awaitedLsn, long.MaxValue, awaited) == awaited)
            messages.WakeForDurable();
    }
}
