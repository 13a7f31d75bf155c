using Warren.Broker.Channels;
using Warren.Broker.Durability;
using Warren.Broker.Messages;
using Warren.Broker.Queues;
using Warren.Storage;

namespace Warren.Broker.Delays;

/// <summary>
/// Waiting messages as entries of their group in the node log: what has come and what is gone, the verdicts that are
/// given when their messages are durable, publish credit that is held while the log is behind. Owned by the turn of
/// <see cref="DelayedMessages"/>, but for what the log's threads call; the turn is woken only for what it waits for.
/// Without storage it is not open and does nothing.
/// </summary>
internal sealed class DelayLog(DelayedMessages messages) : IGroupOwner
{
    private readonly RemovedRanges _released = new();
    private NodeLog? _log;
    private LogGroup? _group;
    private Lsn _lastLsn;

    public bool IsOpen => _group is not null;

    /// <summary>The last record of the group.</summary>
    public Lsn LastLsn => _lastLsn;

    /// <summary>Something was released and not written yet.</summary>
    public bool HasReleased => !_released.IsEmpty;

    /// <summary>Verdicts, moves, and how far the group is durable; what a start has found lies below.</summary>
    public DurableWaits Waits { get; } = new(messages.WakeForDurable);

    void IGroupOwner.Durable(Lsn lsn) => Waits.NoteDurable(lsn);

    void IGroupOwner.Moved(MovedEntries moves) => messages.Moved(moves);

    public void Open(NodeLog log)
    {
        _log = log;
        _group = log.OpenGroup(DurableGroups.Delays, this);
    }

    /// <summary>Stores a message under its number.</summary>
    public Appended Append(in Message message, long number, long dueUnixMs, DelayPlace place)
    {
        Span<byte> meta = stackalloc byte[DelayMeta.MostHeadBytes + place.Encoded.Length];
        Appended appended = _group!.Append(new NewEntry
        {
            Index = new LogIndex(number),
            Meta = meta[..DelayMeta.Write(meta, message, dueUnixMs, place)],
            Body = message.Bytes,
            WhenWritten = message.Slab.HoldUntilWritten(message.SizeBytes),
            IsKept = true,
        });
        _lastLsn = appended.Lsn;
        return appended;
    }

    /// <summary>Lets a publisher go on; when the log has caught up, if it is behind.</summary>
    public void GiveCredit(PublishCredit credit, int sizeBytes)
    {
        if (IsBehind)
            Waits.Hold(credit, sizeBytes);
        else
            credit.Give(sizeBytes);
    }

    /// <summary>Something has become durable: those who were held may go on if the log has caught up.</summary>
    public void ReleaseCredit()
    {
        if (!IsBehind)
            Waits.GiveCredit();
    }

    /// <summary>A stored message waits no more and goes nowhere.</summary>
    public void Release(long number) => _released.Add(number);

    /// <summary>
    /// A stored message has been taken by whom it was for, who says so before he can be seen to have it: on any thread.
    /// </summary>
    public Lsn ReleaseTaken(long number) =>
        _group!.Release(new IndexRange(new LogIndex(number), new LogIndex(number)));

    /// <summary>Writes what is gone, under a number of its own.</summary>
    public void WriteReleased(long number)
    {
        _lastLsn = _group!.Append(new NewEntry
        {
            Index = new LogIndex(number),
            Releases = _released.Sorted(),
        }).Lsn;
        _released.Clear();
    }

    /// <summary>
    /// The end of a turn: sees to it that the next one comes when something that is waited for is durable.
    /// <paramref name="pageable"/>: the record whose durability would let memory go.
    /// </summary>
    public void AwaitDurable(Lsn? pageable)
    {
        if (Waits.HoldsCredit && (pageable is null || _lastLsn < pageable))
            pageable = _lastLsn;
        Waits.AwaitDurable(pageable);
    }

    // The log takes records faster than it writes them, some of these messages' among them.
    private bool IsBehind => _log is { IsBehind: true } && _lastLsn > _log.DurableLsn;
}
