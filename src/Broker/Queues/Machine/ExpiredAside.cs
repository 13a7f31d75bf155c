using Warren.Broker.Queues.Remote;
using Warren.Storage.Collections;

namespace Warren.Broker.Queues;

/// <summary>
/// Messages that have expired while dead letters are held up: they cannot go, and what has not expired is not to stand
/// behind them. They count as handed out, and come back to their places when dead letters may go on; so does whatever
/// is here when the node ends. Stored ones give their bytes up meanwhile. Owned by the queue's turn.
/// </summary>
internal sealed class ExpiredAside(ReadyMessages ready, Paging paging, Deliveries deliveries, QueueLog log)
{
    private LazyQueue<(int Slot, long Token, int SizeBytes, int ResidentBytes)> _places;
    private long _residentBytes;

    public int Count => _places.Count;

    /// <summary>Of all that is here, in memory or not.</summary>
    public long SizeBytes { get; private set; }

    /// <summary>Puts the head aside. False: it has no bytes yet, or too many are here.</summary>
    public bool TryAddHead(long nowMs)
    {
        ref QueuedMessage first = ref ready.First;
        bool isSafe = first.IsStored && (!first.Message.IsResident || first.Position <= log.DurablePosition);
        QueuedMessage queued;
        if (isSafe)
        {
            paging.Drop(out queued);
            queued.Message = queued.Message.PagedOut;
        }
        else if (_residentBytes > LineOptions.FullBytes || !paging.TryTake(out queued))
            return false;
        int residentBytes = queued.Message.IsResident ? queued.Message.SizeBytes : 0;
        int sizeBytes = queued.Message.SizeBytes;
        _residentBytes += residentBytes;
        SizeBytes += sizeBytes;
        _places.Enqueue((deliveries.SetAside(in queued, nowMs), queued.Token, sizeBytes, residentBytes));
        return true;
    }

    /// <summary>Puts some back, those that went first.</summary>
    public void PutBack(int most)
    {
        for (; most > 0 && _places.TryDequeue(out var place); most--)
        {
            _residentBytes -= place.ResidentBytes;
            SizeBytes -= place.SizeBytes;
            // An acknowledgement that came late may have settled it.
            if (deliveries.TryTake(place.Slot, place.Token, out QueuedMessage queued, out _))
                ready.PutBack(in queued);
        }
    }
}
