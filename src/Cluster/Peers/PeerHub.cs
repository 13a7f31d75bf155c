using System.Collections.Concurrent;
using Warren.Cluster.Links;

namespace Warren.Cluster.Peers;

/// <summary>
/// Where the parts of a node meet its links: gives each frame to the part that its kind belongs to, and tells all parts
/// of links in the order of their registration. Has no loop of its own: what comes is handed on where it came in, what
/// goes is put into the link's queue. Links of visitors go to whoever serves their purpose, and to nobody else: what a
/// visitor sends never reaches a part that talks with members.
/// <para>Invariants: users are registered before the links begin and do not change; each hears of one peer's links one
/// after another, as <see cref="PeerLinks"/> tells them.</para>
/// </summary>
/// <param name="self">This node.</param>
/// <param name="host">Asked and told about the node as a whole.</param>
public sealed class PeerHub(NodeId self, IPeerHost host) : IPeers, IPeerOwner
{
    private const int Ranges = 256;

    private readonly IPeerUser?[] _byRange = new IPeerUser?[Ranges];
    private readonly IVisitorUser?[] _byPurpose = new IVisitorUser?[(int)LinkPurpose.Command + 1];
    private readonly List<IPeerUser> _users = [];

    // Turned away by a relay, whose room is not theirs, or for want of a relay: told with the next room or link of
    // anybody, or when somebody reaches others.
    private readonly ConcurrentDictionary<NodeId, bool> _waitForWay = new();
    private PeerLinks? _links;
    private long _unknownFrames;

    public NodeId Self { get; } = self;

    /// <summary>Frames of no part of this node: it is older than their sender, or a part is missing.</summary>
    public long UnknownFrames => Volatile.Read(ref _unknownFrames);

    public LocalState State => host.State;

    /// <summary>The links, whose owner this is; once, before they start.</summary>
    public void Attach(PeerLinks links) => Volatile.Write(ref _links, links);

    public long Process => Volatile.Read(ref _links)?.Self.Process ?? 0;

    public bool IsUp(NodeId peer) => Volatile.Read(ref _links)?.FindLink(peer) is not null;

    public bool Reaches(NodeId peer, NodeId other) =>
        Volatile.Read(ref _links)?.Peers.Find(peer)?.Reaches?.Contains(other) == true;

    public bool IsNobodyThere(NodeId peer) => Volatile.Read(ref _links)?.Peers.Find(peer)?.IsNobodyThere == true;

    public void Close(NodeId peer, string reason) => Volatile.Read(ref _links)?.FindLink(peer)?.Close(reason);

    public bool TrySend(NodeId peer, LinkClass linkClass, ushort kind, ReadOnlySpan<byte> body)
    {
        if (Volatile.Read(ref _links) is not { } links)
            return false;
        if (linkClass != LinkClass.Control)
            return links.FindLink(peer) is { } link && link.TrySend(linkClass, kind, body);
        if (links.TrySendControl(peer, kind, body))
            return true;
        if (links.FindLink(peer) is not null)
            return false;
        // The way may have come between, and whoever waited was told: from here on the sender is among them.
        _waitForWay.TryAdd(peer, true);
        return links.TrySendControl(peer, kind, body);
    }

    public void Register(ushort firstKind, IPeerUser user)
    {
        if (firstKind % Ranges != 0 || firstKind >= LinkKind.FirstReserved)
            throw new ArgumentException($"no range begins with {firstKind:X4}", nameof(firstKind));
        if (_byRange[firstKind / Ranges] is not null)
            throw new InvalidOperationException($"the range {firstKind:X4} is somebody's already");
        _byRange[firstKind / Ranges] = user;
        _users.Add(user);
    }

    /// <summary>
    /// Serves a purpose that is none between members; without, its visitors are refused. Before the first link.
    /// </summary>
    public void Serve(LinkPurpose purpose, IVisitorUser user)
    {
        ArgumentOutOfRangeException.ThrowIfEqual((byte)purpose, (byte)LinkPurpose.Peer);
        _byPurpose[(int)purpose] = user;
    }

    public Refusal? Judge(PeerIdentity peer, LinkPurpose purpose) =>
        purpose != LinkPurpose.Peer && VisitorUser(purpose) is null
            ? new Refusal(RefusalCode.Declined, $"the node takes no links of purpose {(byte)purpose}")
            : host.Judge(peer, purpose);

    public void LinkUp(PeerLink link)
    {
        if (link.Purpose != LinkPurpose.Peer)
        {
            VisitorUser(link.Purpose)!.LinkUp(link);
            return;
        }
        foreach (IPeerUser user in _users)
            user.LinkUp(link.Peer);
        host.LinkUp(link.Peer);
        _waitForWay.TryRemove(link.Peer.NodeId, out _);
        TellOfWay();
    }

    public void LinkDown(PeerLink link, string reason)
    {
        if (link.Purpose != LinkPurpose.Peer)
        {
            VisitorUser(link.Purpose)!.LinkDown(link, reason);
            return;
        }
        foreach (IPeerUser user in _users)
            user.LinkDown(link.Peer, link.End);
        host.LinkDown(link.Peer, reason);
    }

    public void FrameArrived(in PeerFrame frame)
    {
        if (frame.Link.Purpose != LinkPurpose.Peer)
        {
            VisitorUser(frame.Link.Purpose)!.FrameArrived(frame);
        }
        else if (_byRange[frame.Kind / Ranges] is { } user)
        {
            user.FrameArrived(frame);
        }
        else
        {
            Interlocked.Increment(ref _unknownFrames);
            frame.Credit.Return();
        }
    }

    public void HeartbeatArrived(PeerLink link, PeerHeartbeat heartbeat)
    {
        if (link.Purpose != LinkPurpose.Peer)
            return;
        foreach (IPeerUser user in _users)
            user.HeartbeatArrived(link.Peer.NodeId, heartbeat);
    }

    public void RoomAgain(PeerLink link, LinkClass linkClass)
    {
        if (link.Purpose != LinkPurpose.Peer)
        {
            VisitorUser(link.Purpose)!.RoomAgain(link, linkClass);
            return;
        }
        TellOfRoom(link.Peer.NodeId, linkClass);
        if (linkClass == LinkClass.Control)
            TellOfWay();
    }

    public void ReachChanged(PeerLink link)
    {
        if (link.Purpose == LinkPurpose.Peer)
            TellOfWay();
    }

    public void Refused(string who, Refusal refusal) => host.Refused(who, refusal);

    private IVisitorUser? VisitorUser(LinkPurpose purpose) =>
        (int)purpose < _byPurpose.Length ? _byPurpose[(int)purpose] : null;

    private void TellOfRoom(NodeId peer, LinkClass linkClass)
    {
        foreach (IPeerUser user in _users)
            user.RoomAgain(peer, linkClass);
    }

    private void TellOfWay()
    {
        foreach (NodeId waiting in _waitForWay.Keys)
        {
            if (_waitForWay.TryRemove(waiting, out _))
                TellOfRoom(waiting, LinkClass.Control);
        }
    }
}
