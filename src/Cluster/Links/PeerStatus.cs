namespace Warren.Cluster.Links;

/// <summary>How things stand with one peer, for <c>cluster_status</c>.</summary>
public sealed record PeerStatus
{
    public required NodeName Name { get; init; }

    /// <summary>None while nobody of that name has been met.</summary>
    public NodeId Id { get; init; }

    public bool IsUp { get; init; }

    /// <summary>Why there is no link: the last refusal, or how the last link ended; null: up or untried.</summary>
    public string? Reason { get; init; }

    /// <summary>The last refusal's kind; None if it was none.</summary>
    public RefusalCode Refusal { get; init; }

    /// <summary>
    /// How far its wall clock was ahead of this node's when it was last heard of, less what that took on its way; null:
    /// never met.
    /// </summary>
    public TimeSpan? ClockAhead { get; init; }

    /// <summary>The furthest that it was seen, to be kept across restarts.</summary>
    public PeerRecord Seen { get; init; }

    /// <summary>The last; null: none since the link came up.</summary>
    public PeerHeartbeat? Heartbeat { get; init; }
}
