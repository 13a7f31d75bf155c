using Warren.Broker.Messages;

namespace Warren.Broker.Queues;

/// <summary>
/// How messages leave a queue unread: expired at its head, over its length limit, rejected, or returned too often.
/// With a dead-letter exchange they go there, else they are released; either way they are counted.
/// </summary>
internal sealed class Disposals(EffectList effects, ReadyMessages ready, QueueTotals totals, bool quorum)
{
    private readonly LengthLimit _limit = new(quorum);
    private bool _deadLetters;

    /// <summary>When something is to be dropped; 0: more is over the limit than one command dropped.</summary>
    public long NextDueMs
    {
        get
        {
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
            Bury(in message, DeadLetterReason.MaxLength, quorum ? 0 : -1);
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

    /// <summary>Drops what has expired at the head. False: there is more, but this command has done enough.</summary>
    public bool DropExpired(long nowMs)
    {
        for (int dropped = 0; ready.Expiring > 0 && ready.First.ExpiresAtMs <= nowMs; dropped++)
        {
            if (dropped == QueueMachine.DisposalsPerCommand)
                return false;
            ready.TakeFirst(out QueuedMessage queued);
            totals.Expired++;
            Bury(in queued.Message, DeadLetterReason.Expired, queued.DeliveryCount);
        }
        return true;
    }

    /// <summary>Drops heads until the rest is within the limit, and what has expired behind them.</summary>
    public void DropOverLimit(long nowMs)
    {
        int dropped = 0;
        for (; dropped < QueueMachine.DisposalsPerCommand && _limit.MustDrop(ready); dropped++)
        {
            ready.TakeFirst(out QueuedMessage queued);
            totals.MaxLength++;
            Bury(in queued.Message, DeadLetterReason.MaxLength, queued.DeliveryCount);
        }
        if (dropped > 0)
            DropExpired(nowMs);
    }

    public void Rejected(in QueuedMessage queued)
    {
        totals.Rejected++;
        Bury(in queued.Message, DeadLetterReason.Rejected, queued.DeliveryCount);
    }

    public void OverDeliveryLimit(in QueuedMessage queued)
    {
        totals.DeliveryLimit++;
        Bury(in queued.Message, DeadLetterReason.DeliveryLimit, queued.DeliveryCount);
    }

    /// <summary>Gives back all that is ready, without dead-lettering.</summary>
    public void ReleaseReady()
    {
        while (ready.Count > 0)
        {
            ready.TakeFirst(out QueuedMessage queued);
            effects.Release(in queued.Message);
        }
    }

    private void Bury(in Message message, DeadLetterReason reason, int deliveryCount)
    {
        if (_deadLetters)
            effects.DeadLetter(in message, reason, deliveryCount);
        else
            effects.Release(in message);
    }
}
