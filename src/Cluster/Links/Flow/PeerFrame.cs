namespace Warren.Cluster.Links;

/// <summary>A frame that has come from a peer; valid only while it is handed over.</summary>
public readonly ref struct PeerFrame
{
    /// <summary>Who sent it; another than <c>Link.Peer</c> if it came through a relay.</summary>
    public required NodeId From { get; init; }

    /// <summary>The link that it came in by.</summary>
    public required PeerLink Link { get; init; }

    public required LinkClass Class { get; init; }

    public required ushort Kind { get; init; }

    public required ReadOnlySpan<byte> Body { get; init; }

    /// <summary>
    /// How long, at most, the peer may have taken the link for lost when this was read, which may be long after it was
    /// sent: this node may have stood still. Zero: it has heard this node within the silence timeout.
    /// </summary>
    public TimeSpan LostFor { get; init; }

    /// <summary>To be given back by whoever gets the frame.</summary>
    public required FrameCredit Credit { get; init; }
}
