namespace Warren.Cluster.Links;

/// <summary>A node to keep a link with.</summary>
public sealed record KnownPeer
{
    public required NodeName Name { get; init; }

    public required PeerAddress Address { get; init; }

    /// <summary>None: whoever has that name.</summary>
    public NodeId Id { get; init; }

    /// <summary>The furthest that the owner has seen it, from before its own start.</summary>
    public PeerRecord Seen { get; init; }
}
