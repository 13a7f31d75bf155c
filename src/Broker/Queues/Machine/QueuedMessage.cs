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

    public readonly bool Expires => ExpiresAtMs != long.MaxValue;
}
