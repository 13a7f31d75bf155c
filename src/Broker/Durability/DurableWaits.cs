using Warren.Broker.Channels;
using Warren.Broker.Queues;
using Warren.Storage;
using Warren.Storage.Collections;

namespace Warren.Broker.Durability;

/// <summary>
/// What a turn has waiting for its group in the node log: verdicts that are given when their records are durable,
/// publish credit that is held while the log is behind, copies to take note of. Owned by that turn, but for what the
/// log's threads call. <paramref name="wake"/> is called, on any thread, when something that the turn waits for is
/// durable, and only then: most rounds hold what nobody asks for.
/// </summary>
internal sealed class DurableWaits(Action wake)
{
    private LazyQueue<(Lsn Lsn, PublishTicket Ticket)> _verdicts;
    private LazyQueue<(PublishCredit Credit, int SizeBytes)> _held;
    private readonly List<MovedEntries> _moves = new(0);
    private long _durableLsn;
    private long _awaitedLsn = long.MaxValue;

    /// <summary>The group is on stable storage up to here.</summary>
    public Lsn DurableLsn => new(Volatile.Read(ref _durableLsn));

    /// <summary>A verdict is not given yet.</summary>
    public bool HasVerdicts => _verdicts.Count > 0;

    /// <summary>Somebody's credit is held.</summary>
    public bool HoldsCredit => _held.Count > 0;

    /// <summary>On the committer's thread: the group is durable up to here.</summary>
    public void NoteDurable(Lsn lsn)
    {
        if (lsn.Value > _durableLsn)
            Volatile.Write(ref _durableLsn, lsn.Value);
        Interlocked.MemoryBarrier();
        WakeIfDue();
    }

    /// <summary>The verdict is given when this record of the group is durable, behind those asked for before.</summary>
    public void Await(Lsn lsn, in PublishTicket ticket) => _verdicts.Enqueue((lsn, ticket));

    /// <summary>The next verdict that may be given.</summary>
    public bool TryNextVerdict(out PublishTicket ticket)
    {
        ticket = default;
        if (!_verdicts.TryPeek(out (Lsn Lsn, PublishTicket Ticket) first) || first.Lsn > DurableLsn)
            return false;
        ticket = _verdicts.Dequeue().Ticket;
        return true;
    }

    public void Hold(PublishCredit credit, int sizeBytes) => _held.Enqueue((credit, sizeBytes));

    /// <summary>The log has caught up: publishers go on.</summary>
    public void GiveCredit()
    {
        while (_held.TryDequeue(out (PublishCredit Credit, int SizeBytes) held))
            held.Credit.Give(held.SizeBytes);
    }

    /// <summary>
    /// The end of a turn: sees to it that the next one comes when the first verdict may be given, or this other record
    /// of the group is durable.
    /// </summary>
    public void AwaitDurable(Lsn? other)
    {
        long lsn = other?.Value ?? long.MaxValue;
        if (_verdicts.TryPeek(out (Lsn Lsn, PublishTicket Ticket) first))
            lsn = Math.Min(lsn, first.Lsn.Value);
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
            wake();
    }
}
