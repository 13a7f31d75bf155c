using Warren.Broker.Messages;

namespace Warren.Broker.Queues;

/// <summary>
/// How messages leave a queue unread: expired at its head, over its length limit, rejected, or returned too often.
/// With a dead-letter exchange they go there, else they are released; either way they are counted.
/// </summary>
internal sealed class Disposals(
    EffectList effects, ReadyMessages ready, Paging paging, QueueLog log, QueueTotals totals, ExpiredAside aside,
    bool quorum)
{
    /// <summary>When dead letters that waited for the log are tried again.</summary>
    private const int RetryMs = 20;

    /// <summary>
    /// What a queue takes in over its limit while dead letters are held up, at most: enough for a target that is slow
    /// for a moment, little for one that is away for hours. More is refused.
    /// </summary>
    private const long MostOverLimitBytes = 16 * 1024 * 1024;

    private readonly LengthLimit _limit = new(quorum);
    private bool _deadLetters;
    private long _retryAtMs;
    // Of messages that came while there was too much, and what was dropped since.
    private long _overLimitBytes;

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
            long dueMs = _limit.MustDrop(ready) || (aside.Count > 0 && !HoldsDeadLetters) ? 0
                : ready.Expiring == 0 ? long.MaxValue
                : ready.First.ExpiresAtMs;
            return Math.Max(dueMs, _retryAtMs);
        }
    }

    /// <summary>Dead letters wait for the log; <see cref="NextDueMs"/> is when they are tried again.</summary>
    public bool AwaitsLog => _retryAtMs > 0;

    public void Configure(QueueSettings settings)
    {
        _limit.Configure(settings);
        _deadLetters = settings.DeadLetterExchange is not null;
    }

    /// <summary>What would be dead-lettered, and is not by a client's word, stays for now.</summary>
    public bool HoldsDeadLetters { get; set; }

    /// <inheritdoc cref="CutOffClients.PutBackExpired"/>
    public void PutBackExpired() => aside.PutBack(int.MaxValue);

    /// <summary>Refuses a publish that the queue has no room for; false: there is room.</summary>
    public bool Refuses(in Message message)
    {
        if (!_limit.Exists || !(_limit.Refuses(ready, message.BodySizeBytes) || IsFarOverLimit))
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
    public void AfterAdding(in Message message, long nowMs)
    {
        if (_limit.Exists)
        {
            _overLimitBytes += message.SizeBytes;
            DropOverLimit(nowMs);
            _limit.Observe(ready);
        }
        DropExpired(nowMs);
    }

    /// <summary>
    /// Drops what has expired at the head. False: there is more, but this command has done enough, or dead letters must
    /// wait: for their bytes, or for a log that is behind.
    /// </summary>
    public bool DropExpired(long nowMs)
    {
        if (aside.Count > 0 && !HoldsDeadLetters)
            aside.PutBack(QueueMachine.DisposalsPerCommand);
        int dropped = 0;
        while (ready.Expiring > 0 && ready.First.ExpiresAtMs <= nowMs)
        {
            if (dropped == QueueMachine.DisposalsPerCommand || !MayDropHead(out bool isThere, nowMs))
                return false;
            if (!isThere)
                continue;
            DropHead(DeadLetterReason.Expired);
            totals.Expired++;
            dropped++;
        }
        return true;
    }

    /// <summary>
    /// The same for somebody who wants the head: what cannot go is put aside. False: there is more.
    /// </summary>
    public bool ClearHead(bool isWanted, long nowMs)
    {
        if (DropExpired(nowMs))
            return true;
        if (!isWanted || !HoldsDeadLetters)
            return false;
        for (int count = 0; count < QueueMachine.DisposalsPerCommand; count++)
        {
            if (ready.Expiring == 0 || ready.First.ExpiresAtMs > nowMs)
                return true;
            if (!aside.TryAddHead(nowMs))
                return false;
        }
        return false;
    }

    /// <summary>Drops heads until the rest is within the limit, and what has expired behind them.</summary>
    public void DropOverLimit(long nowMs)
    {
        int dropped = 0;
        while (dropped < QueueMachine.DisposalsPerCommand && _limit.MustDrop(ready))
        {
            if (!MayDropHead(out bool isThere, nowMs))
                break;
            if (!isThere)
                continue;
            _overLimitBytes -= DropHead(DeadLetterReason.MaxLength);
            totals.MaxLength++;
            dropped++;
        }
        if (_overLimitBytes < 0 || !_limit.MustDrop(ready))
            _overLimitBytes = 0;
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

    // False: a dead letter must wait. Not there: the head could not be read and is lost; another one is the head now.
    private bool MayDropHead(out bool isThere, long nowMs)
    {
        _retryAtMs = 0;
        isThere = true;
        if (!_deadLetters)
            return true;
        if (HoldsDeadLetters || log.IsNodeBehind)
        {
            // Without it a backlog that comes due at once would be appended elsewhere faster than anything is written.
            _retryAtMs = nowMs + RetryMs;
            return false;
        }
        long position = ready.First.Position;
        bool hasHead = paging.HasHead();
        isThere = hasHead && ready.First.Position == position;
        return hasHead || ready.Count == 0;
    }

    // What was put aside counts no more as ready, and would be gone.
    private bool IsFarOverLimit => HoldsDeadLetters && _deadLetters
        && (aside.SizeBytes > MostOverLimitBytes
            || (_overLimitBytes > MostOverLimitBytes && _limit.MustDrop(ready)));

    // Returns its size.
    private int DropHead(DeadLetterReason reason)
    {
        QueuedMessage queued;
        if (_deadLetters)
        {
            paging.TryTake(out queued);
            Bury(in queued, reason);
            return queued.Message.SizeBytes;
        }
        paging.Drop(out queued);
        if (queued.IsStored)
            log.Remove(queued.Position);
        return queued.Message.SizeBytes;
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
