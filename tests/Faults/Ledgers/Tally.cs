namespace Warren.Faults.Ledgers;

/// <summary>How much was done and seen, for a person to judge whether a run was worth anything.</summary>
public sealed class Tally
{
    /// <summary>Messages confirmed, a fan-out counted once.</summary>
    public long Confirmed { get; set; }

    /// <summary>Publishes that the broker refused with a nack.</summary>
    public long Refused { get; set; }

    /// <summary>Deliveries.</summary>
    public long Delivered { get; set; }

    /// <summary>Acks that were proven to be durable.</summary>
    public long AcksProven { get; set; }

    /// <summary>Messages that were there after a kill although nobody had confirmed them.</summary>
    public long Unconfirmed { get; set; }

    /// <summary>Messages that came back after an ack that was sent and not proven.</summary>
    public long AckedAgain { get; set; }

    /// <summary>Messages found at least once after a kill.</summary>
    public long Survived { get; set; }

    /// <inheritdoc/>
    public override string ToString() =>
        $"{Confirmed} confirmed, {Delivered} delivered, {AcksProven} acks proven durable, "
        + $"{Survived} found after a kill "
        + $"({Unconfirmed} of them unconfirmed, {AckedAgain} with an ack under way)"
        + (Refused > 0 ? $", {Refused} refused" : "");
}
