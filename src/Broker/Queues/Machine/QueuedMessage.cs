using Warren.Broker.Messages;

namespace Warren.Broker.Queues;

/// <summary>
/// A message with what its queue knows of it: 48 bytes, the cost of a waiting message beside its slab.
/// </summary>
internal struct QueuedMessage
{
    /// <summary>Where its bytes are; holds one slab reference.</summary>
    public Message Message;

    /// <summary>Its place in the queue's order, from 1, never given twice. 0: no message.</summary>
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

    public readonly bool Expires => ExpiresAtMs != long.MaxValue;
}
