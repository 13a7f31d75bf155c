namespace Warren.Broker.Queues;

/// <summary>
/// How messages that were handed out come back: to their place in classic queues, before the new ones in quorum queues,
/// which also count returns and give up what came back too often.
/// </summary>
internal sealed class Returns(
    ReadyMessages ready, StoredMessages stored, Disposals disposals, QueueTotals totals, bool counts)
{
    private int? _limit;

    public void Configure(QueueSettings settings) => _limit = settings.DeliveryLimit;

    /// <summary>
    /// Takes a message back. <paramref name="mayGoToTail"/>: the client wants it back in the queue, and without a
    /// delivery limit a quorum queue puts it at the end.
    /// </summary>
    public void PutBack(ref QueuedMessage queued, bool countsDelivery, bool mayGoToTail, long nowMs)
    {
        queued.Redelivered = true;
        if (counts && countsDelivery && ++queued.DeliveryCount > (_limit ?? int.MaxValue))
        {
            disposals.OverDeliveryLimit(in queued);
            return;
        }
        totals.Returned++;
        // It is written again there: not while the log is behind, or a client that requeues all it gets would fill it.
        if (counts && mayGoToTail && _limit is null && !stored.IsBehind)
            stored.MoveToTail(ref queued, nowMs);
        else if (counts)
        {
            if (countsDelivery)
                stored.NoteReturn(in queued);
            ready.PutBehindReturned(in queued);
        }
        else
            ready.PutBack(in queued);
        disposals.DropExpired(nowMs);
        disposals.DropOverLimit(nowMs);
    }
}
