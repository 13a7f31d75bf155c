using Warren.Storage.Collections;

namespace Warren.Broker.Queues;

/// <summary>
/// basic.get: takes the head for one request. A get whose message, or what must go before it, has its bytes on disk
/// waits for them; those behind it wait too, so that gets are answered in order.
/// </summary>
internal sealed class Gets(
    EffectList effects, ReadyMessages ready, Paging paging, Disposals disposals, Deliveries deliveries,
    QueueTotals totals)
{
    private LazyQueue<(object Request, bool NoAck)> _waiting;
    private bool _isHeld;

    /// <summary>Somebody waits.</summary>
    public bool HasWaiting => _waiting.Count > 0;

    /// <summary>Nobody gets anything, as consumers do not in a group; or all go on.</summary>
    public void Hold(bool holds, long nowMs)
    {
        _isHeld = holds;
        AnswerWaiting(nowMs);
    }

    public void Get(object request, bool noAck, long nowMs)
    {
        if (_waiting.Count > 0 || !TryGet(request, noAck, nowMs))
            _waiting.Enqueue((request, noAck));
    }

    /// <summary>Bytes have come, or there are no messages any more: answers those whom that helps.</summary>
    public void AnswerWaiting(long nowMs)
    {
        while (_waiting.TryPeek(out (object Request, bool NoAck) get) && TryGet(get.Request, get.NoAck, nowMs))
            _waiting.Dequeue();
    }

    /// <summary>They are answered elsewhere.</summary>
    public (object Request, bool NoAck)[] TakeWaiting()
    {
        (object Request, bool NoAck)[] waiting = [.. _waiting];
        _waiting.Clear();
        return waiting;
    }

    /// <summary>The queue has ended.</summary>
    public void Close()
    {
        while (_waiting.TryDequeue(out (object Request, bool NoAck) get))
            effects.Answer(get.Request, AnswerKind.Closed);
    }

    // False: the bytes are not here yet, or what must go first waits for the log, or all do.
    private bool TryGet(object request, bool noAck, long nowMs)
    {
        if (_isHeld)
            return false;
        while (!disposals.ClearHead(isWanted: true, nowMs))
        {
            if (disposals.AwaitsLog || !paging.HasHead())
                return false;
        }
        if ((ready.Count > 0 && !paging.MayHandOut) || !paging.TryTake(out QueuedMessage queued))
        {
            if (ready.Count > 0)
                return false;
            totals.GotEmpty++;
            effects.Answer(request, AnswerKind.Empty);
            return true;
        }
        // What has expired behind it is not counted as left.
        disposals.DropExpired(nowMs);
        deliveries.AnswerGet(request, noAck, in queued, ready.Count, nowMs);
        return true;
    }
}
