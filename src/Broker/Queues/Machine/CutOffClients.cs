using System.Runtime.InteropServices;
using Warren.Broker.Connections;

namespace Warren.Broker.Queues;

/// <summary>
/// What becomes of messages whose clients are on a node that is cut off: they come back without anybody's word, and
/// their clients' acknowledgements may come later. Run in the queue's turn.
/// </summary>
internal sealed class CutOffClients(
    QueueMachine machine, ReadyMessages ready, Deliveries deliveries, Disposals disposals, QueueLog log)
{
    /// <summary>Dead letters have nowhere to go: what has expired or is over the limit stays.</summary>
    public bool HoldsDeadLetters
    {
        get => disposals.HoldsDeadLetters;
        set => disposals.HoldsDeadLetters = value;
    }

    /// <summary>What has expired, and was put aside since it could not go, is in its place again.</summary>
    public void PutBackExpired() => disposals.PutBackExpired();

    /// <summary>
    /// Everything that consumers of this outbox hold comes back uncounted, in order before anybody gets it.
    /// </summary>
    public void ReturnAll(Outbox outbox, long nowMs)
    {
        machine.BeginGroup();
        foreach ((_, int slot, long token) in deliveries.HeldBy(outbox))
            machine.Return(slot, token, countsDelivery: false, nowMs);
        machine.EndGroup(nowMs);
    }

    /// <summary>
    /// Acknowledgements of what was taken back before they came, by the names that it was delivered by. Of messages
    /// that are with another client now, or wait to be handed out again; those that are gone are left alone.
    /// </summary>
    public void SettleLate(ReadOnlySpan<long> tokens, long nowMs)
    {
        var positions = new HashSet<long>(tokens.Length);
        foreach (long token in tokens)
            positions.Add(token & QueuedMessage.PositionMask);
        // Else what one makes room for might be the next.
        machine.BeginGroup();
        foreach ((_, int slot, long token) in deliveries.Find(positions))
            machine.Settle(slot, token, nowMs);
        foreach (ref QueuedMessage queued in CollectionsMarshal.AsSpan(ready.Take(positions)))
        {
            machine.Totals.Acked++;
            machine.Paging.GiveUp(ref queued);
            if (queued.IsStored)
                log.Remove(queued.Position);
        }
        machine.EndGroup(nowMs);
    }

    /// <summary>
    /// A settlement by position alone, of what a client got on another line or of another leader: by what it holds, or,
    /// of an acknowledgement, wherever the message is now.
    /// </summary>
    public void SettleAt(in QueueCommand command, long nowMs)
    {
        long position = command.First;
        int slot = deliveries.SlotOf(position);
        if (slot < 0)
        {
            if (command.Kind == QueueCommandKind.SettleAt)
                SettleLate([position], nowMs);
            return;
        }
        switch (command.Kind)
        {
            case QueueCommandKind.SettleAt:
                machine.Settle(slot, position, nowMs);
                break;
            case QueueCommandKind.ReturnAt:
                machine.Return(slot, position, command.Flag, nowMs);
                break;
            default:
                machine.Reject(slot, position, requeue: command.Kind == QueueCommandKind.RequeueAt, nowMs);
                break;
        }
    }
}
