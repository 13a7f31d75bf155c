using Warren.Cluster;
using Warren.Cluster.Consensus;
using Warren.Cluster.Consensus.Messages;
using Warren.Cluster.Groups;
using Warren.Cluster.Links;
using Warren.Cluster.Peers;
using Warren.Storage;

namespace Warren.Fuzz.Connections;

/// <summary>The links of a node to others of which a test says what they send; what goes to them is dropped.</summary>
internal sealed class SilentPeers : IPeers, IGroupTransport
{
    private readonly Dictionary<int, IPeerUser> _users = [];
    private readonly List<IGroupMember> _members = [];
    private readonly GroupHeartbeats _heartbeats;
    private readonly HashSet<NodeId> _up = [];

    public SilentPeers(NodeId self)
    {
        Self = self;
        _heartbeats = new GroupHeartbeats(new RaftOptions(), (_, _, _) => { }, () => { });
    }

    public NodeId Self { get; }

    public long Process => 1;

    public bool IsUp(NodeId peer) => _up.Contains(peer);

    public void Close(NodeId peer, string reason)
    {
        // Dialed again at once, it goes on as before.
    }

    public bool TrySend(NodeId peer, LinkClass linkClass, ushort kind, ReadOnlySpan<byte> body) => IsUp(peer);

    public void Register(ushort firstKind, IPeerUser user) => _users[firstKind >> 8] = user;

    public void Send(NodeId to, GroupId group, RaftMessage message)
    {
    }

    public HeartbeatSlot Register(GroupId group, IGroupMember member)
    {
        _members.Add(member);
        return _heartbeats.Register(group, member.Wake);
    }

    public void Remove(HeartbeatSlot slot) => _heartbeats.Remove(slot);

    /// <summary>A link comes or goes.</summary>
    public void SetUp(PeerIdentity peer, bool isUp)
    {
        if (!(isUp ? _up.Add(peer.NodeId) : _up.Remove(peer.NodeId)))
            return;
        foreach (IPeerUser user in _users.Values)
        {
            if (isUp)
                user.LinkUp(peer);
            else
                user.LinkDown(peer, LinkEnd.Lost);
        }
    }

    /// <summary>A frame comes.</summary>
    public void Arrive(NodeId from, ushort kind, ReadOnlySpan<byte> body)
    {
        if (_users.TryGetValue(kind >> 8, out IPeerUser? user))
        {
            user.FrameArrived(new PeerFrame
            {
                From = from,
                Link = null!,
                Class = LinkClass.Control,
                Kind = kind,
                Body = body,
                Credit = default,
            });
        }
    }

    /// <summary>A message of consensus comes, for each group of the node.</summary>
    public void Receive(NodeId from, RaftMessage message)
    {
        foreach (IGroupMember member in _members)
            member.Receive(from, message);
    }

    /// <summary>Lines of heartbeats come; false: they make no sense.</summary>
    public bool Beat(NodeId from, HeartbeatFrameKind kind, ReadOnlySpan<byte> lines) =>
        _heartbeats.Receive(from, kind, lines);
}
