namespace Warren.Faults.Ledgers;

/// <summary>What a queue does with messages, as far as it decides what may come back.</summary>
public sealed record QueueTraits
{
    /// <summary>A quorum queue: transient messages may survive, and x-delivery-count joins the headers.</summary>
    public bool IsQuorum { get; init; }

    /// <summary>Messages of one source and priority come in the order of their publishing.</summary>
    public bool KeepsOrder { get; init; } = true;

    /// <summary>The queue that gets what is rejected here.</summary>
    public string? DeadLettersTo { get; init; }
}
