using Warren.Broker.Messages;
using RecordPosition = Warren.Storage.Position;

namespace Warren.Broker.Queues;

/// <summary>
/// A message with what its queue knows of it: 56 bytes, the cost of a waiting message beside its bytes, which are in a
/// slab or, if it is stored and memory is short, in the node log alone.
/// </summary>
internal struct QueuedMessage
{
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

    public readonly bool Expires => ExpiresAtMs != long.MaxValue;

    /// <summary>
    /// Its record was copied. Of a shared body only the entry was, and that is not where its bytes are.
    /// </summary>
    public void MoveRecord(RecordPosition to)
    {
        if (!Record.IsNone)
            Record = to;
    }
}
