namespace Warren.Faults.Ledgers;

/// <summary>
/// One message in one queue as the client knows it. <see cref="Least"/> and <see cref="Most"/> say how often it must
/// and may be there; nothing else is checked after a kill.
/// </summary>
internal sealed class LedgerEntry(Message message, int life)
{
    public Message Message { get; } = message;

    /// <summary>The life of the node in which it came into the queue.</summary>
    public int BornIn { get; } = life;

    /// <summary>Confirmed and persistent, or seen after a kill that it survived: the log has it.</summary>
    public bool IsDurable { get; set; }

    /// <summary>An ack or a reject was sent; whether it came through is not known until it is proven.</summary>
    public bool IsSettlementSent { get; set; }

    /// <summary>It was rejected and has not been seen here since.</summary>
    public bool IsRejected { get; set; }

    /// <summary>An ack was sent for its copy in the dead-letter queue: it need not be anywhere any more.</summary>
    public bool IsDeadLetterSettled { get; set; }

    /// <summary>How many copies there may be, those that are out for acknowledgement included.</summary>
    public int Most { get; set; } = 1;

    /// <summary>
    /// The life in which it was last expected as a dead letter: what comes in that life may be a copy of that life,
    /// which no start has found, and its origin may still have it after a kill.
    /// </summary>
    public int ExpectedIn { get; set; }

    /// <summary>There may have been several at a time: a message that was rejected again after a kill.</summary>
    public bool HadCopies { get; set; }

    /// <summary>A client has given it back.</summary>
    public bool WasRequeued { get; set; }

    /// <summary>How many copies there must be.</summary>
    public int Least => IsDurable && !IsSettlementSent ? 1 : 0;

    /// <summary>Copies handed out in this life and not given back.</summary>
    public int Taken { get; set; }

    /// <summary>The first life in which a client got it; 0: none did.</summary>
    public int FirstDeliveredIn { get; set; }

    /// <summary>The latest life in which a client got it; 0: none did.</summary>
    public int DeliveredIn { get; set; }

    public override string ToString() =>
        $"message {Message.Id} ({Message.SizeBytes} bytes, {(Message.IsPersistent ? "persistent" : "transient")}, "
        + $"priority {Message.Priority?.ToString() ?? "none"}, published in life {BornIn}, "
        + (IsDurable ? "durable" : "not known to be durable")
        + (FirstDeliveredIn == 0 ? ", never delivered" : $", delivered first in life {FirstDeliveredIn}")
        + (FirstDeliveredIn == DeliveredIn ? "" : $" and last in life {DeliveredIn}")
        + (IsRejected ? ", rejected" : IsSettlementSent ? ", ack sent" : "") + ")";
}
