namespace Warren.Cluster.Links;

/// <summary>What the links of a node are made of.</summary>
public sealed record PeerLinksSetup
{
    /// <summary>This node; its clock and its LSN are asked for anew at each handshake.</summary>
    public required PeerIdentity Self { get; init; }

    /// <summary>The shared secret, as it stands in the cookie file without the line's end.</summary>
    public required ReadOnlyMemory<byte> Cookie { get; init; }

    /// <summary>Where to listen; null: only dial.</summary>
    public PeerAddress? ListenAddress { get; init; }

    public LinkOptions Options { get; init; } = new();

    /// <summary>Null: plain TCP.</summary>
    public PeerTls? Tls { get; init; }

    /// <summary>
    /// Where a node listens now, asked at each dial; null, or nothing said: the address it became known with.
    /// </summary>
    public Func<NodeName, PeerAddress?>? Locate { get; init; }

    /// <summary>What a node is told that wants more than to give a command; null: it may link.</summary>
    public Refusal? Declines { get; init; }

    /// <summary>
    /// Is told of a node that has proved the cookie and is of a later generation of this node's cluster; on a
    /// connection's task, perhaps more than once.
    /// </summary>
    public Action<PeerIdentity>? Overruled { get; init; }

    public required IPeerNetwork Network { get; init; }

    public required IPeerOwner Owner { get; init; }

    public required TimeProvider Time { get; init; }

    /// <summary>Whose timer the tick is; null: that of <see cref="Time"/>.</summary>
    public TimeProvider? Ticks { get; init; }

    /// <summary>Only for the pauses between dials.</summary>
    public required Random Random { get; init; }

    /// <summary>Runs a loop that has something to do: the thread pool, or a simulation.</summary>
    public required Action<IThreadPoolWorkItem> Schedule { get; init; }

    /// <summary>
    /// Who was dialed, or has dialed and was refused for its generation: this node may be the earlier of two. One that
    /// was dialed has proved its generation whatever it refuses a link for, such as that its broker does not run.
    /// </summary>
    internal void NoteGeneration(PeerIdentity self, PeerIdentity? peer)
    {
        if (peer?.ClusterId == self.ClusterId && peer.Generation > self.Generation)
            Overruled?.Invoke(peer);
    }
}
