namespace Warren.Broker.Queues;

/// <summary>
/// What a queue may hold: ready messages and the bytes of their bodies, and what happens beyond. A classic queue
/// refuses a publish that would not fit. A quorum queue refuses once it is over its limit, until it is down to four
/// fifths of it.
/// </summary>
internal sealed class LengthLimit(bool quorum)
{
    private long _length = long.MaxValue;
    private long _bytes = long.MaxValue;
    private Overflow _overflow;
    private bool _refusing;

    public bool Exists { get; private set; }

    /// <summary>Whether refused publishes are dead-lettered.</summary>
    public bool DeadLettersRefused => _overflow == Overflow.RejectPublishDeadLetter;

    public void Configure(QueueSettings settings)
    {
        _length = settings.MaxLength ?? long.MaxValue;
        _bytes = settings.MaxLengthBytes ?? long.MaxValue;
        _overflow = settings.Overflow;
        Exists = settings.MaxLength is not null || settings.MaxLengthBytes is not null;
        _refusing = false;
    }

    /// <summary>Whether the queue's head is to be dropped.</summary>
    public bool MustDrop(ReadyMessages ready) => Exists && _overflow == Overflow.DropHead && IsOver(ready);

    /// <summary>Whether a publish of <paramref name="sizeBytes"/> is refused.</summary>
    public bool Refuses(ReadyMessages ready, int sizeBytes)
    {
        if (_overflow == Overflow.DropHead)
            return false;
        if (!quorum)
            return ready.Count + 1L > _length || ready.Bytes + sizeBytes > _bytes;
        Observe(ready);
        return _refusing;
    }

    /// <summary>
    /// Notes whether a quorum queue went over its limit, or under the mark at which it accepts again.
    /// </summary>
    public void Observe(ReadyMessages ready)
    {
        if (_refusing)
            _refusing = !(IsLow(ready.Count, _length) && IsLow(ready.Bytes, _bytes));
        else
            _refusing = IsOver(ready);
    }

    private static bool IsLow(long value, long limit) => value <= limit - limit / 5 - (limit % 5 == 0 ? 0 : 1);

    private bool IsOver(ReadyMessages ready) => ready.Count > _length || ready.Bytes > _bytes;
}
