using System.Collections.Concurrent;
using Warren.Cluster;
using Warren.Cluster.Links;
using Warren.Cluster.Peers;

namespace Warren.Broker.Tests.Remote;

/// <summary>Peers over the links of a test's network, as the server makes them of its own.</summary>
internal sealed class TestPeers : IPeerOwner, IPeers
{
    private IPeerUser? _queues;

    public TestPeers(NodeId self) => Self = self;

    public NodeId Self { get; }

    public PeerLinks Links { get; set; } = null!;

    public LocalState State => default;

    /// <summary>Frames of each kind that came.</summary>
    public ConcurrentDictionary<ushort, long> Arrived { get; } = new();

    /// <summary>What is done with a frame before it is handed on; false: it is thrown away.</summary>
    public Func<ushort, bool>? Filter { get; set; }

    public bool IsUp(NodeId peer) => Links.FindLink(peer) is not null;

    public bool TrySend(NodeId peer, LinkClass linkClass, ushort kind, ReadOnlySpan<byte> body) =>
        linkClass == LinkClass.Control
            ? Links.TrySendControl(peer, kind, body)
            : Links.FindLink(peer)?.TrySend(linkClass, kind, body) ?? false;

    public void Register(ushort firstKind, IPeerUser user)
    {
        if (firstKind == PeerFrameKind.FirstOfQueues)
            _queues = user;
    }

    public Refusal? Judge(PeerIdentity peer, LinkPurpose purpose) => null;

    public void LinkUp(PeerLink link) => _queues!.LinkUp(link.Peer);

    public void LinkDown(PeerLink link, string reason) => _queues!.LinkDown(link.Peer);

    public void FrameArrived(in PeerFrame frame)
    {
        Arrived.AddOrUpdate(frame.Kind, 1, (_, count) => count + 1);
        if (Filter?.Invoke(frame.Kind) == false)
            frame.Credit.Return();
        else
            _queues!.FrameArrived(frame);
    }

    public void HeartbeatArrived(PeerLink link, PeerHeartbeat heartbeat)
    {
    }

    public void RoomAgain(PeerLink link, LinkClass linkClass) => _queues!.RoomAgain(link.Peer.NodeId, linkClass);

    public void Refused(string who, Refusal refusal)
    {
    }
}
