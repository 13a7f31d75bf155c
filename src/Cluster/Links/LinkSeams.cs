namespace Warren.Cluster.Links;

/// <summary>What a link needs from whoever owns it; all of it may be called on any thread and must not wait.</summary>
internal sealed record LinkSeams
{
    /// <summary>A frame that is not the link's own; its reader stands still while it is taken.</summary>
    public required LinkFrameHandler Frame { get; init; }

    /// <summary>A heartbeat; on the reader loop, before any frame that came behind it.</summary>
    public required Action<PeerLink, PeerHeartbeat> Heartbeat { get; init; }

    /// <summary>Whom the peer reaches.</summary>
    public required Action<PeerLink, HashSet<NodeId>> Reachability { get; init; }

    /// <summary>A class has room again for whoever was turned away.</summary>
    public required Action<PeerLink, LinkClass> Room { get; init; }

    /// <summary>What the next heartbeat says, all but its number and what was heard.</summary>
    public required Func<PeerHeartbeat> State { get; init; }

    /// <summary>Runs a loop that has something to do.</summary>
    public required Action<IThreadPoolWorkItem> Schedule { get; init; }

    public required TimeProvider Time { get; init; }
}
