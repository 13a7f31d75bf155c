using Warren.Broker.Messages;
using RecordPosition = Warren.Storage.Position;

namespace Warren.Broker.Queues;

/// <summary>
/// A message with what its queue knows of it: 56 bytes, the cost of a waiting message beside its bytes, which are in a
/// slab or, if memory is short, in the node log alone.
/// </summary>
internal struct QueuedMessage
{
    /// <summary>The position's part of a <see cref="Token"/>.</summary>
    public const long PositionMask = (1L << 56) - 1;

    /// <summary>Where its bytes are; holds one slab reference if they are in memory.</summary>
    public Message Message;

    /// <summary>Where its record lies in the node log; none: not there, or it shares its body with others.</summary>
    public RecordPosition Record;

    /// <summary>
    /// Its place in the queue's order, from 1, never given twice; the index of its entry too if it is stored. 0: no
    /// message.
    /// </summary>
    public long Position;

    /// <summary>Queue time at which it expires; <see cref="long.MaxValue"/>: never.</summary>
    public long ExpiresAtMs;

    /// <summary>
    /// How often it came back; -1: the queue does not count. Links free slots in <see cref="UnackedMessages"/>.
    /// </summary>
    public int DeliveryCount;

    public byte Priority;

    public PublishFlags Flags;

    /// <summary>It has been handed out before.</summary>
    public bool Redelivered;

    /// <summary>
    /// How often it was taken from a consumer that was overdue. That consumer's channel may still settle it: part of
    /// the token, so that a late settlement does not meet the next holder's delivery.
    /// </summary>
    public byte Timeouts;

    /// <summary>Names a delivery together with its slot: the position, below 2^55, and the timeouts above it.</summary>
    public readonly long Token => Position | ((long)Timeouts << 56);

    /// <summary>The queue's log has a live entry of it.</summary>
    public readonly bool IsStored => (Flags & PublishFlags.Stored) != 0;

    /// <summary>It is not stored and has an entry in the queue's <see cref="PagedLog"/>.</summary>
    public readonly bool IsPaged => (Flags & PublishFlags.Paged) != 0;

    /// <summary>
    /// The index of its entry there, while its bytes are not in memory: in two fields that have no other use meanwhile,
    /// the place in a slab and the count, which is never kept of such messages.
    /// </summary>
    public readonly long PagedIndex => ((long)DeliveryCount << 32) | (uint)Message.Offset;

    public readonly bool Expires => ExpiresAtMs != long.MaxValue;

    /// <summary>
    /// Its record was copied. Of a shared body only the entry was, and that is not where its bytes are.
    /// </summary>
    public void MoveRecord(RecordPosition to)
    {
        if (!Record.IsNone)
            Record = to;
    }

    /// <summary>Its bytes are in the log alone, under this index.</summary>
    public void PageOut(long index, RecordPosition record)
    {
        Message = new Message(
            null!, unchecked((int)index), Message.EnvelopeSizeBytes, Message.PropertiesSizeBytes,
            Message.BodySizeBytes);
        DeliveryCount = checked((int)(index >> 32));
        Record = record;
    }

    /// <summary>It has no such entry any more.</summary>
    public void ForgetPaged()
    {
        Flags &= ~PublishFlags.Paged;
        DeliveryCount = -1;
        Record = default;
    }
}
