using System.Collections.Concurrent;
using Warren.Cluster;
using Warren.Cluster.Links;
using Warren.Cluster.Peers;

namespace Warren.Broker.Tests.Remote;

/// <summary>
/// Peers over the links of a test's network, as the server makes them of its own; frames can be lost on arrival.
/// </summary>
internal sealed class TestPeers : IPeerOwner, IPeers, IPeerHost
{
    private readonly PeerHub _hub;
    private PeerLinks _links = null!;

    public TestPeers(NodeId self) => _hub = new PeerHub(self, this);

    public NodeId Self => _hub.Self;

    public PeerLinks Links
    {
        get => _links;
        set => _hub.Attach(_links = value);
    }

    public LocalState State => default;

    /// <summary>Frames of each kind that came.</summary>
    public ConcurrentDictionary<ushort, long> Arrived { get; } = new();

    /// <summary>What is done with a frame before it is handed on; false: it is thrown away.</summary>
    public Func<ushort, bool>? Filter { get; set; }

    /// <summary>What is said of each frame, as if this node had stood still.</summary>
    public TimeSpan LostFor { get; set; }

    public long Process => _hub.Process;

    public bool IsUp(NodeId peer) => _hub.IsUp(peer);

    public bool Reaches(NodeId peer, NodeId other) => _hub.Reaches(peer, other);

    public bool IsNobodyThere(NodeId peer) => _hub.IsNobodyThere(peer);

    public void Close(NodeId peer, string reason) => _hub.Close(peer, reason);

    public bool TrySend(NodeId peer, LinkClass linkClass, ushort kind, ReadOnlySpan<byte> body) =>
        _hub.TrySend(peer, linkClass, kind, body);

    public void Register(ushort firstKind, IPeerUser user) => _hub.Register(firstKind, user);

    public Refusal? Judge(PeerIdentity peer, LinkPurpose purpose) => null;

    public void LinkUp(PeerLink link) => _hub.LinkUp(link);

    public void LinkDown(PeerLink link, string reason) => _hub.LinkDown(link, reason);

    public void FrameArrived(in PeerFrame frame)
    {
        Arrived.AddOrUpdate(frame.Kind, 1, (_, count) => count + 1);
        if (Filter?.Invoke(frame.Kind) == false)
            frame.Credit.Return();
        else
            _hub.FrameArrived(frame with { LostFor = LostFor });
    }

    public void HeartbeatArrived(PeerLink link, PeerHeartbeat heartbeat)
    {
    }

    public void RoomAgain(PeerLink link, LinkClass linkClass) => _hub.RoomAgain(link, linkClass);

    public void ReachChanged(PeerLink link) => _hub.ReachChanged(link);

    public void Refused(string who, Refusal refusal)
    {
    }

    void IPeerHost.LinkUp(PeerIdentity peer)
    {
    }

    void IPeerHost.LinkDown(PeerIdentity peer, string reason)
    {
    }
}
