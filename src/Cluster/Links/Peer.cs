namespace Warren.Cluster.Links;

/// <summary>
/// Another node, by its identity: the choice of its link, what it said of itself, the ways around a missing link.
/// Guarded by the lock of <see cref="PeerLinks"/>, but for the parts that have their own.
/// </summary>
internal sealed class Peer
{
    private PeerLink? _link;
    private HashSet<NodeId>? _reaches;
    private bool _isNobodyThere;

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
        set
        {
            IsNobodyThere = false;
            Volatile.Write(ref _link, value);
        }
    }

    /// <summary>
    /// Nobody has listened there when it was dialed last, since its last link; read without the lock.
    /// </summary>
    public bool IsNobodyThere
    {
        get => Volatile.Read(ref _isNobodyThere);
        set => Volatile.Write(ref _isNobodyThere, value);
    }

    /// <summary>The owner wants to know it no more; nothing is taken from it by a relay.</summary>
    public bool IsRemoved { get; set; }

    public PeerRecord Seen { get; set; }

    /// <summary>
    /// Whom it says it reaches; null: it has not said. Another set each time; read without the lock.
    /// </summary>
    public HashSet<NodeId>? Reaches
    {
        get => Volatile.Read(ref _reaches);
        set => Volatile.Write(ref _reaches, value);
    }

    public PeerHeartbeat? Heartbeat { get; set; }

    public ClockDifference Clock { get; } = new();

    public string? EndReason { get; set; }
}
