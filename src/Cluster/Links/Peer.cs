namespace Warren.Cluster.Links;

/// <summary>
/// Another node, by its identity: the choice of its link, what it said of itself, the ways around a missing link.
/// Guarded by the lock of <see cref="PeerLinks"/>, but for the parts that have their own.
/// </summary>
internal sealed class Peer
{
    private PeerLink? _link;

    public Peer(NodeId id, NodeName name, PeerIdentity self, RelayStreams streams)
    {
        Id = id;
        Name = name;
        Choice = new LinkChoice<LinkAttempt>(self.NodeId < id);
        Outgoing = new RelaySender(self.NodeId, self.Boot, id, streams);
    }

    public NodeId Id { get; }

    public NodeName Name { get; set; }

    public LinkChoice<LinkAttempt> Choice { get; }

    public RelaySender Outgoing { get; }

    public RelayReceiver Incoming { get; } = new();

    /// <summary>The link that the owner knows to be up; read without the lock.</summary>
    public PeerLink? Link
    {
        get => Volatile.Read(ref _link);
        set => Volatile.Write(ref _link, value);
    }

    /// <summary>The owner wants to know it no more; nothing is taken from it by a relay.</summary>
    public bool IsRemoved { get; set; }

    public PeerRecord Seen { get; set; }

    /// <summary>Whom it says it reaches; null: it has not said.</summary>
    public HashSet<NodeId>? Reaches { get; set; }

    public PeerHeartbeat? Heartbeat { get; set; }

    public ClockDifference Clock { get; } = new();

    public string? EndReason { get; set; }
}
