namespace Warren.Broker.Queues;

/// <summary>
/// What a queue has done since it was made. Plain fields of the queue's turn; others may read an old value.
/// </summary>
public sealed class QueueTotals
{
    /// <summary>Publishes that came, refused ones too.</summary>
    public long Published { get; internal set; }

    /// <summary>Publishes refused because the queue was full.</summary>
    public long Refused { get; internal set; }

    /// <summary>Deliveries to consumers that acknowledge.</summary>
    public long Delivered { get; internal set; }

    /// <summary>Deliveries to consumers that do not.</summary>
    public long DeliveredNoAck { get; internal set; }

    /// <summary>Gets answered with a message that is to be acknowledged.</summary>
    public long Got { get; internal set; }

    public long GotNoAck { get; internal set; }

    public long GotEmpty { get; internal set; }

    /// <summary>Deliveries and gets of messages that had been handed out before.</summary>
    public long Redelivered { get; internal set; }

    public long Acked { get; internal set; }

    /// <summary>Messages that came back to be delivered again.</summary>
    public long Returned { get; internal set; }

    /// <summary>Rejected by a consumer for good.</summary>
    public long Rejected { get; internal set; }

    public long Expired { get; internal set; }

    /// <summary>Dropped, or refused to the dead-letter exchange, over a length limit.</summary>
    public long MaxLength { get; internal set; }

    /// <summary>Came back more often than the delivery limit allows.</summary>
    public long DeliveryLimit { get; internal set; }

    public long Purged { get; internal set; }

    /// <summary>Waited on disk and could not be read again.</summary>
    public long Lost { get; internal set; }
}
