using Warren.Faults.Ledgers;

namespace Warren.Faults.Clusters;

/// <summary>What clients know of one message in one queue.</summary>
internal sealed class SharedMessage(Message message)
{
    public Message Message { get; } = message;

    /// <summary>It has been confirmed.</summary>
    public bool IsConfirmed { get; set; }

    /// <summary>An acknowledgement was sent; it may have been lost with the client's node or a link.</summary>
    public bool IsAckSent { get; set; }

    /// <summary>The queue has taken an acknowledgement for good.</summary>
    public bool IsAckProven { get; set; }

    /// <summary>Somebody got it without the mark of a message that comes again.</summary>
    public bool WasUnmarked { get; set; }

    /// <summary>Who got it last got it with the mark.</summary>
    public bool IsMarked { get; set; }

    /// <summary>Who got it last; null: nobody has got it.</summary>
    public object? Reader { get; set; }

    public override string ToString() =>
        $"message {Message.Id} ({(IsConfirmed ? "confirmed" : "not confirmed")}"
        + (Reader is null ? "" : ", delivered")
        + (IsAckProven ? ", acked for good" : IsAckSent ? ", ack sent" : "") + ")";
}
