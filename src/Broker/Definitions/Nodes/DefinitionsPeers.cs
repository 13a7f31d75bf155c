using System.Buffers.Binary;
using Warren.Cluster;
using Warren.Cluster.Consensus;
using Warren.Cluster.Consensus.Messages;
using Warren.Cluster.Groups;
using Warren.Cluster.Links;
using Warren.Cluster.Peers;

namespace Warren.Broker.Definitions.Nodes;

/// <summary>
/// The other nodes, as the definitions see them: which links are up, how far each has applied, what they propose. What
/// links and transport call is posted to the definitions' turn, which owns all else.
/// </summary>
internal sealed class DefinitionsPeers(DefinitionsStore store, ClusterSetup setup) : IPeerUser, IGroupMember
{
    private readonly Dictionary<NodeId, Peer> _peers = [];
    private (long Boot, long Applied, long Incarnation) _told;
    private bool _tellsAgain;

    public void LinkUp(PeerIdentity peer)
    {
        NodeId node = peer.NodeId;
        store.Post(new TurnEvent(() => SetUp(node, isUp: true)));
    }

    public void LinkDown(PeerIdentity peer)
    {
        NodeId node = peer.NodeId;
        store.Post(new TurnEvent(() => SetUp(node, isUp: false)));
    }

    public void FrameArrived(in PeerFrame frame)
    {
        NodeId from = frame.From;
        ushort kind = frame.Kind;
        byte[] body = frame.Body.ToArray();
        FrameCredit credit = frame.Credit;
        store.Post(new TurnEvent(() =>
        {
            Receive(from, kind, body);
            credit.Return();
        }));
    }

    public void RoomAgain(NodeId peer, LinkClass linkClass) => store.Post(new TurnEvent(() => _tellsAgain = true));

    public void Receive(NodeId from, RaftMessage message) =>
        store.Post(new TurnEvent(() => store.Group.Step(from, message)));

    public void Wake() => store.Post(new TurnEvent(() => store.Group.TakeHeartbeats()));

    public bool IsUp(NodeId node) => _peers.TryGetValue(node, out Peer? peer) && peer.IsUp;

    /// <summary>Whether so many members are reached that they could agree on something.</summary>
    public bool IsMajorityReached => VotersReached(store.Group.Members) >= store.Group.Members.Majority;

    /// <summary>Since when nothing was heard of a node, by the monotonic clock; null: its link is up.</summary>
    public long? SilentSinceMs(NodeId node)
    {
        Peer peer = Find(node);
        return peer.IsUp ? null : peer.HeardMs;
    }

    /// <summary>Silence counts from now on.</summary>
    public void ForgetSilence()
    {
        foreach (Peer peer in _peers.Values)
            peer.HeardMs = store.Broker.NowMs;
    }

    /// <summary>Up to where all nodes that serve and can be reached have applied what this node has.</summary>
    public long Settled(NodesSnapshot nodes, long own)
    {
        long settled = own;
        foreach ((NodeId node, NodeSession session) in nodes.Sessions)
        {
            if (node == setup.Self || !_peers.TryGetValue(node, out Peer? peer) || !peer.IsUp)
                continue;
            // A process that has started since does not serve in it, and catches up first. But one that has not told of
            // the session may just have got it.
            if (!peer.HasTold || peer.Boot == session.Boot)
                settled = Math.Min(settled, peer.HasTold ? peer.Applied : 0);
        }
        return settled;
    }

    /// <summary>
    /// Whether a node is serving that can be reached; null: one has not said so yet.
    /// </summary>
    public bool? IsAnybodyServing(long incarnation)
    {
        bool isKnown = true;
        foreach (Peer peer in _peers.Values)
        {
            if (peer is { IsUp: true, HasTold: true } && peer.Incarnation != 0 && peer.Incarnation == incarnation)
                return true;
            isKnown &= !peer.IsUp || peer.HasTold;
        }
        return isKnown ? false : null;
    }

    /// <summary>Tells the others how far this node is, if that has changed.</summary>
    public void Tell(long boot, long applied, long incarnation)
    {
        if (_told == (boot, applied, incarnation) && !_tellsAgain)
            return;
        _told = (boot, applied, incarnation);
        _tellsAgain = false;
        byte[] body = DefinitionsFrame.Numbers(boot, applied, incarnation);
        foreach ((NodeId node, Peer peer) in _peers)
        {
            if (peer.IsUp && !setup.Peers.TrySend(node, DefinitionsFrame.Class, DefinitionsFrame.Status, body))
                _tellsAgain = true;
        }
    }

    /// <summary>Why a change that waits cannot be made.</summary>
    public string WhyNot()
    {
        Membership members = store.Group.Members;
        int reached = VotersReached(members);
        if (store.IsHalted)
            return "this node cannot read a definition that other nodes have made: see its log";
        if (store.Session.IsToStartAgain)
            return "this node must be started again: see its log";
        if (reached < members.Majority)
        {
            return $"this node reaches {reached} of {members.Voters} nodes that vote, and definitions need "
                + $"{members.Majority}";
        }
        return store.Group.Leader.IsNone
            ? "the cluster's nodes have not agreed on a leader for its definitions"
            : "other nodes have not taken it over in time";
    }

    /// <summary>Time passes: what may be lost is said again.</summary>
    public void Tick() => _tellsAgain = true;

    private void SetUp(NodeId node, bool isUp)
    {
        Peer peer = Find(node);
        peer.IsUp = isUp;
        peer.HasTold = false;
        peer.Assembled = null;
        peer.HeardMs = store.Broker.NowMs;
        if (isUp)
        {
            _tellsAgain = true;
            // What the node was sent and asked may have gone with the last link.
            store.Route.SendAgain();
            store.Session.AskAgain();
            store.Group.Reconnected(node);
        }
    }

    private void Receive(NodeId from, ushort kind, byte[] body)
    {
        Peer peer = Find(from);
        peer.HeardMs = store.Broker.NowMs;
        switch (kind)
        {
            case DefinitionsFrame.Status when body.Length >= 24:
                (peer.Boot, peer.Applied, peer.Incarnation, peer.HasTold) =
                    (DefinitionsFrame.Number(body, 0), DefinitionsFrame.Number(body, 1),
                        DefinitionsFrame.Number(body, 2), true);
                break;
            case DefinitionsFrame.WantsSession when body.Length >= 16:
                store.Leader!.OpenSession(from, DefinitionsFrame.Number(body, 0), DefinitionsFrame.Number(body, 1));
                break;
            case DefinitionsFrame.Proposal when body.Length >= DefinitionsFrame.ProposalHeadBytes:
                if (Assemble(peer, body) is { } proposal)
                    store.Leader!.TakeProposal(from, proposal);
                break;
        }
    }

    private int VotersReached(Membership members)
    {
        int reached = 0;
        foreach (Member member in members.Members)
        {
            if (member.IsVoter && (member.Id == setup.Self || IsUp(member.Id)))
                reached++;
        }
        return reached;
    }

    /// <summary>The whole proposal, once its last piece has come; what does not fit begins anew with the next
    /// first.</summary>
    private static byte[]? Assemble(Peer peer, byte[] body)
    {
        long number = DefinitionsFrame.Number(body, 1);
        int whole = BinaryPrimitives.ReadInt32BigEndian(body.AsSpan(16));
        int offset = BinaryPrimitives.ReadInt32BigEndian(body.AsSpan(20));
        ReadOnlySpan<byte> piece = body.AsSpan(DefinitionsFrame.ProposalHeadBytes);
        if (whole is <= 0 or > DefinitionsFrame.MostProposalBytes || offset < 0 || piece.Length > whole - offset)
            return null;
        if (offset == 0)
            peer.Assembled = new MemoryStream(Math.Min(whole, DefinitionsFrame.MostPieceBytes));
        if (peer.Assembled is not { } assembled || assembled.Length != offset
            || (offset > 0 && peer.AssembledNumber != number))
        {
            peer.Assembled = null;
            return null;
        }
        peer.AssembledNumber = number;
        assembled.Write(piece);
        if (assembled.Length < whole)
            return null;
        peer.Assembled = null;
        return assembled.ToArray();
    }

    private Peer Find(NodeId node)
    {
        if (!_peers.TryGetValue(node, out Peer? peer))
            _peers.Add(node, peer = new Peer { HeardMs = store.Broker.NowMs });
        return peer;
    }

    private sealed class Peer
    {
        public bool IsUp { get; set; }

        /// <summary>How far it is, since the link is up.</summary>
        public bool HasTold { get; set; }

        public long Boot { get; set; }

        public long Applied { get; set; }

        public long Incarnation { get; set; }

        public long HeardMs { get; set; }

        public MemoryStream? Assembled { get; set; }

        public long AssembledNumber { get; set; }
    }
}
