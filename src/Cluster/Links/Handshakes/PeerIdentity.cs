namespace Warren.Cluster.Links;

/// <summary>
/// What a node says of itself in the handshake. A peer's is believed only because it comes with a proof of the cookie.
/// </summary>
public sealed record PeerIdentity
{
    /// <summary>All zeros: the node belongs to no cluster.</summary>
    public Guid ClusterId { get; init; }

    /// <summary>How often the cluster was begun anew by force.</summary>
    public long Generation { get; init; }

    /// <summary>None for a command.</summary>
    public NodeId NodeId { get; init; }

    public required NodeName Name { get; init; }

    /// <summary>How often the data directory was started; 0 for a command.</summary>
    public long Boot { get; init; }

    /// <summary>
    /// Drawn at random at each start of the broker: tells a directory from its copy at the same boot number.
    /// </summary>
    public long Process { get; init; }

    /// <summary>The node log's last durable LSN when the handshake was made.</summary>
    public long DurableLsn { get; init; }

    /// <summary>The wall clock, ms of Unix time: to be compared and reported, never to decide anything.</summary>
    public long WallClockMs { get; init; }

    public bool IsBlank => ClusterId == Guid.Empty;
}
