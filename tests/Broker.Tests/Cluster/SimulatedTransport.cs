using Warren.Cluster;
using Warren.Cluster.Consensus;
using Warren.Cluster.Consensus.Messages;
using Warren.Cluster.Groups;
using Warren.Cluster.Links;
using Warren.Cluster.Peers;
using Warren.Storage;
using Xunit;

namespace Warren.Broker.Tests.Cluster;

/// <summary>One node's way to the others: what it sends goes to the network, which brings it or not.</summary>
internal sealed class SimulatedTransport : IPeers, IGroupTransport
{
    private readonly SimulatedNetwork _network;
    private readonly GroupHeartbeats _heartbeats;
    private readonly Dictionary<long, IGroupMember> _members = [];
    private readonly Dictionary<int, IPeerUser> _users = [];
    // Of the peers that it has or had links with.
    private readonly Dictionary<NodeId, long> _boots = [];

    public SimulatedTransport(SimulatedNetwork network, NodeId self, RaftOptions options)
    {
        _network = network;
        Self = self;
        Process = network.NextProcess();
        _heartbeats = new GroupHeartbeats(options, SendLines, () => IsHasty = true);
    }

    public NodeId Self { get; }

    /// <summary>The start of the node that it belongs to.</summary>
    public long Process { get; }

    /// <summary>Of the node's directory.</summary>
    public long Boot { get; set; }

    /// <summary>Somebody waits for a round of heartbeats.</summary>
    public bool IsHasty { get; set; }

    /// <summary>The node has crashed: nothing reaches it, and nothing leaves it.</summary>
    public bool IsGone { get; set; }

    /// <summary>Its process gets no processor: its timers are late, and what comes to it waits.</summary>
    public bool IsStandingStill { get; set; }

    /// <summary>The group's messages do not reach it, while all else does: it learns of nothing new.</summary>
    public bool IsBehind { get; set; }

    /// <summary>Whether a frame to a node, of a kind, gets lost, as it may where a link is relayed.</summary>
    public Func<NodeId, ushort, bool>? Loses { get; set; }

    /// <summary>The groups of the node that do not rest.</summary>
    public GroupId[] ActiveGroups => _heartbeats.Active;

    public bool IsUp(NodeId peer) => _network.IsToldUp(Self, peer);

    /// <summary>Nodes of which it is known that no process runs.</summary>
    public HashSet<NodeId> Gone { get; } = [];

    public bool IsNobodyThere(NodeId peer) => Gone.Contains(peer);

    // Who has links with whom is told at once.
    public bool Reaches(NodeId peer, NodeId other) => IsUp(peer) && _network.IsToldUp(peer, other);

    // All of them are sound.
    public void Close(NodeId peer, string reason) => throw new InvalidOperationException(reason);

    public bool TrySend(NodeId peer, LinkClass linkClass, ushort kind, ReadOnlySpan<byte> body)
    {
        byte[] bytes = body.ToArray();
        if (Loses?.Invoke(peer, kind) == true)
            return !IsGone && IsUp(peer);
        return !IsGone && _network.Send(
            Self, peer, linkClass, isReliable: true, receiver => receiver.Receive(Self, linkClass, kind, bytes));
    }

    public void Register(ushort firstKind, IPeerUser user) => _users[firstKind >> 8] = user;

    public void Send(NodeId to, GroupId group, RaftMessage message)
    {
        if (!IsGone)
            _network.Send(
                Self, to, LinkClass.Control, isReliable: false,
                receiver =>
                {
                    if (!receiver.IsBehind && receiver._members.TryGetValue(group.Value, out IGroupMember? member))
                        member.Receive(Self, message);
                },
                isLong: RaftMessageFormat.SizeBytes(message) >= PeerLink.MostBodyBytes);
    }

    public HeartbeatSlot Register(GroupId group, IGroupMember member)
    {
        _members.Add(group.Value, member);
        return _heartbeats.Register(group, member.Wake);
    }

    public void Remove(HeartbeatSlot slot)
    {
        _members.Remove(slot.Id.Value);
        _heartbeats.Remove(slot);
    }

    public void Beat()
    {
        if (IsStandingStill)
            return;
        _heartbeats.Beat();
        _network.TellState(this);
    }

    /// <summary>Another node's heartbeat.</summary>
    public void Hear(NodeId peer, in PeerHeartbeat heartbeat)
    {
        foreach (IPeerUser user in _users.Values)
            user.HeartbeatArrived(peer, heartbeat);
    }

    public void BeatIfHasty()
    {
        if (!IsHasty)
            return;
        IsHasty = false;
        _heartbeats.BeatHasty();
    }

    public void Tick()
    {
        if (!IsStandingStill)
            _heartbeats.Tick();
    }

    /// <summary>What the node's wall clock shows, ms.</summary>
    public Func<long> WallClock { get; set; } = static () => 0;

    /// <summary>How long the node's log has been at one round.</summary>
    public Func<TimeSpan> SyncAge { get; set; } = static () => TimeSpan.Zero;

    /// <summary>What the node says of itself all the while.</summary>
    public PeerHeartbeat Heartbeat => default(PeerHeartbeat) with
    {
        WallClockMs = WallClock(),
        SyncAgeMs = (int)SyncAge().TotalMilliseconds,
    };

    public void LinkUp(SimulatedTransport peer)
    {
        _boots[peer.Self] = peer.Boot;
        _heartbeats.Beat();
        PeerIdentity identity = Identity(peer.Self, peer.Process, peer.Boot) with { WallClockMs = peer.WallClock() };
        foreach (IPeerUser user in _users.Values)
            user.LinkUp(identity);
    }

    public void LinkLost(NodeId peer, LinkEnd end)
    {
        _heartbeats.PeerGone(peer, end);
        foreach (IPeerUser user in _users.Values)
            user.LinkDown(Identity(peer, process: 0, _boots[peer]), end);
    }

    public void RoomAgain(NodeId peer, LinkClass linkClass)
    {
        foreach (IPeerUser user in _users.Values)
            user.RoomAgain(peer, linkClass);
    }

    private static PeerIdentity Identity(NodeId peer, long process, long boot)
    {
        Assert.True(NodeName.TryParse("rabbit@simulated", out NodeName name));
        return new PeerIdentity { Name = name, NodeId = peer, Process = process, Boot = boot };
    }

    private void Receive(NodeId from, LinkClass linkClass, ushort kind, byte[] body)
    {
        if (!_users.TryGetValue(kind >> 8, out IPeerUser? user))
            return;
        user.FrameArrived(new PeerFrame
        {
            From = from,
            Link = null!,
            Class = linkClass,
            Kind = kind,
            Body = body,
            Credit = default,
        });
    }

    private void SendLines(NodeId to, HeartbeatFrameKind kind, ReadOnlySpan<byte> lines)
    {
        byte[] bytes = lines.ToArray();
        if (!IsGone)
            _network.Send(
                Self, to, LinkClass.Control, isReliable: false,
                receiver => receiver._heartbeats.Receive(Self, kind, bytes));
    }
}
