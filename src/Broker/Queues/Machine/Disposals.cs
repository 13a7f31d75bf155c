using Warren.Broker.Messages;

namespace Warren.Broker.Queues;

/// <summary>
/// How messages leave a queue unread: expired at its head, over its length limit, rejected, or returned too often.
/// With a dead-letter exchange they go there, else they are released; either way they are counted.
/// </summary>
internal sealed class Disposals(
    EffectList effects, ReadyMessages ready, Paging paging, QueueLog log, QueueTotals totals, bool quorum)
{
    private readonly LengthLimit _limit = new(quorum);
    private bool _deadLetters;

    /// <summary>
    /// When something is to be dropped; 0: more is over the limit than one command dropped. While a dead letter's bytes
    /// are being read it is never: their arrival goes on with it.
    /// </summary>
    public long NextDueMs
    {
        get
        {
            if (_deadLetters && paging.AwaitsHead)
                return long.MaxValue;
            if (_limit.MustDrop(ready))
                return 0;
            return ready.Expiring == 0 ? long.MaxValue : ready.First.ExpiresAtMs;
        }
    }

    public void Configure(QueueSettings settings)
    {
        _limit.Configure(settings);
        _deadLetters = settings.DeadLetterExchange is not null;
    }

    /// <summary>Refuses a publish that the queue has no room for; false: there is room.</summary>
    public bool Refuses(in Message message)
    {
        if (!_limit.Exists || !_limit.Refuses(ready, message.BodySizeBytes))
            return false;
        totals.Refused++;
        if (_limit.DeadLettersRefused)
        {
            totals.MaxLength++;
            Bury(in message, DeadLetterReason.MaxLength, quorum ? 0 : -1, 0);
        }
        else
            effects.Release(in message);
        return true;
    }

    /// <summary>
    /// A message has come to the tail: drops the head if that is too much, or if it expired as it came.
    /// </summary>
    public void AfterAdding(long nowMs)
    {
        if (_limit.Exists)
        {
            DropOverLimit(nowMs);
            _limit.Observe(ready);
        }
        DropExpired(nowMs);
    }

    /// <summary>
    /// Drops what has expired at the head. False: there is more, but this command has done enough, or the bytes of what
    /// is to be dead-lettered must be read first.
    /// </summary>
    public bool DropExpired(long nowMs)
    {
        for (int dropped = 0; ready.Expiring > 0 && ready.First.ExpiresAtMs <= nowMs; dropped++)
        {
            if (dropped == QueueMachine.DisposalsPerCommand || !DropHead(DeadLetterReason.Expired))
                return false;
            totals.Expired++;
        }
        return true;
    }

    /// <summary>Drops heads until the rest is within the limit, and what has expired behind them.</summary>
    public void DropOverLimit(long nowMs)
    {
        int dropped = 0;
        for (; dropped < QueueMachine.DisposalsPerCommand && _limit.MustDrop(ready); dropped++)
        {
            if (!DropHead(DeadLetterReason.MaxLength))
                break;
            totals.MaxLength++;
        }
        if (dropped > 0)
            DropExpired(nowMs);
    }

    public void Rejected(in QueuedMessage queued)
    {
        totals.Rejected++;
        Bury(in queued, DeadLetterReason.Rejected);
    }

    public void OverDeliveryLimit(in QueuedMessage queued)
    {
        totals.DeliveryLimit++;
        Bury(in queued, DeadLetterReason.DeliveryLimit);
    }

    /// <summary>Gives back all that is ready, without dead-lettering.</summary>
    public void ReleaseReady() => paging.Clear(log.IsOpen ? log.Remove : null);

    // False: it is to be dead-lettered and its bytes are not here yet.
    private bool DropHead(DeadLetterReason reason)
    {
        if (_deadLetters)
        {
            if (!paging.TryTake(out QueuedMessage dead))
                return false;
            Bury(in dead, reason);
            return true;
        }
        paging.Drop(out QueuedMessage queued);
        if (queued.IsStored)
            log.Remove(queued.Position);
        return true;
    }

    // A stored message stays in the log until its dead letter's targets have it.
    private void Bury(in QueuedMessage queued, DeadLetterReason reason)
    {
        Bury(in queued.Message, reason, queued.DeliveryCount, queued.IsStored ? queued.Position : 0);
        if (queued.IsStored && !_deadLetters)
            log.Remove(queued.Position);
    }

    private void Bury(in Message message, DeadLetterReason reason, int deliveryCount, long position)
    {
        if (_deadLetters)
            effects.DeadLetter(in message, reason, deliveryCount, position);
        else
            effects.Release(in message);
    }
}
