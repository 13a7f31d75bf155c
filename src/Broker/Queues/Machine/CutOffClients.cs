using Warren.Broker.Connections;

namespace Warren.Broker.Queues;

/// <summary>
/// What becomes of messages whose clients are on a node that is cut off: they come back without anybody's word, and
/// their clients' acknowledgements may come later. Run in the queue's turn.
/// </summary>
internal sealed class CutOffClients(
    QueueMachine machine, ReadyMessages ready, Deliveries deliveries, Disposals disposals, EffectList effects,
    QueueLog log)
{
    /// <summary>Dead letters have nowhere to go: what expires or is over the limit stays.</summary>
    public bool HoldsDeadLetters
    {
        get => disposals.HoldsDeadLetters;
        set => disposals.HoldsDeadLetters = value;
    }

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
    /// An acknowledgement of what was taken back before it came, by the name that it was delivered by. If the message
    /// is with another client now, or waits to be handed out again with its bytes in memory, it is settled; one that is
    /// gone, or on disk, is left alone.
    /// </summary>
    public void SettleLate(long position, long nowMs)
    {
        if (deliveries.TryFind(position, out int slot, out long token))
        {
            machine.Settle(slot, token, nowMs);
            return;
        }
        if (!ready.TryTakeReturned(position, out QueuedMessage queued))
            return;
        machine.Totals.Acked++;
        effects.Release(in queued.Message);
        if (queued.IsStored)
            log.Remove(queued.Position);
    }
}
