using System.Collections.Concurrent;
using Warren.Cluster.Links;

namespace Warren.Cluster.Tests.Links;

/// <summary>A node on real sockets; what it gets of each class are numbers that rise by one.</summary>
internal sealed class TcpNode : IPeerOwner
{
    private volatile PeerLink? _link;

    public PeerIdentity? Identity { get; set; }

    public PeerLinks Links { get; set; } = null!;

    public PeerLink? Link => _link;

    public int Ups { get; private set; }

    public int[] NextNumbers { get; } = new int[(int)LinkClass.Bulk + 1];

    public bool IsOutOfOrder { get; private set; }

    public ConcurrentQueue<Refusal> Refusals { get; } = [];

    public LocalState State => default;

    public Refusal? Judge(PeerIdentity peer, LinkPurpose purpose) => null;

    public void LinkUp(PeerLink link)
    {
        Ups++;
        _link = link;
    }

    /// <summary>How its last link ended.</summary>
    public LinkEnd? LastEnd { get; private set; }

    public void LinkDown(PeerLink link, string reason)
    {
        LastEnd = link.End;
        _link = null;
    }

    public void FrameArrived(in PeerFrame frame)
    {
        ref int next = ref NextNumbers[(int)frame.Class];
        IsOutOfOrder |= BitConverter.ToInt32(frame.Body) != next;
        Volatile.Write(ref next, next + 1);
        frame.Credit.Return();
    }

    public void HeartbeatArrived(PeerLink link, PeerHeartbeat heartbeat)
    {
    }

    public void RoomAgain(PeerLink link, LinkClass linkClass)
    {
    }

    public void Refused(string who, Refusal refusal) => Refusals.Enqueue(refusal);
}
