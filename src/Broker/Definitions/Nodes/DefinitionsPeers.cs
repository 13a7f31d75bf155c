using System.Buffers.Binary;
using Warren.Cluster;
using Warren.Cluster.Consensus;
using Warren.Cluster.Consensus.Messages;
using Warren.Cluster.Groups;
using Warren.Cluster.Links;
using Warren.Cluster.Peers;
using Warren.Storage;

namespace Warren.Broker.Definitions.Nodes;

/// <summary>
/// The other nodes, as the definitions see them: which links are up, how far each has applied, what they propose. What
/// links and transport call is posted to the definitions' turn, which owns all else.
/// </summary>
internal sealed class DefinitionsPeers(DefinitionsStore store, ClusterSetup setup) : IPeerUser, IGroupMember
{
    /// <summary>
    /// How far behind a node may be and still be waited for, in ticks: longer than a disk or a long turn takes, and
    /// with <see cref="ServingLease.WaitMs"/> less than changes have patience.
    /// </summary>
    private const int TicksToCatchUp = 4;

    /// <summary>A leader says the time out of turn no more often.</summary>
    private const int LeastMsBetweenSayings = 100;

    private readonly Dictionary<NodeId, PeerProgress> _peers = [];
    // Members that nothing is known of, since this node looks.
    private readonly Dictionary<NodeId, long> _missedSince = [];
    // What this node had applied at its last ticks, the oldest first.
    private readonly Queue<long> _appliedAtTicks = new();
    private NodeWord _told;
    private long _saidMs = store.Broker.NowMs;
    private long _leadersSettled = -1;
    private bool _tellsAgain;
    private bool _isSomebodyLeftOut;

    public void LinkUp(PeerIdentity peer)
    {
        NodeId node = peer.NodeId;
        long boot = peer.Boot;
        store.Post(new TurnEvent(() =>
        {
            // It was something between the two that has ended.
            PeerProgress progress = Find(node);
            progress.GoneBoot = Math.Min(progress.GoneBoot, boot - 1);
            SetUp(node, isUp: true);
        }));
    }

    public void LinkDown(PeerIdentity peer, LinkEnd end)
    {
        NodeId node = peer.NodeId;
        long goneBoot = end == LinkEnd.PeerGone ? peer.Boot : 0;
        store.Post(new TurnEvent(() =>
        {
            PeerProgress progress = Find(node);
            progress.GoneBoot = Math.Max(progress.GoneBoot, goneBoot);
            SetUp(node, isUp: false);
        }));
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

    public bool IsUp(NodeId node) => _peers.TryGetValue(node, out PeerProgress? peer) && peer.IsUp;

    /// <summary>Its link is up, it applies what it has, and nothing is known against its disk.</summary>
    public bool MayLead(NodeId node) =>
        _peers.TryGetValue(node, out PeerProgress? peer)
        && peer is { IsUp: true, HasTold: true, Word.Incarnation: >= 0 } && store.Broker.Disks?.MayLead(node) != false;

    /// <summary>Since when nothing was heard of a node, by the monotonic clock; null: its link is up.</summary>
    public long? SilentSinceMs(NodeId node)
    {
        PeerProgress peer = Find(node);
        return peer.IsUp ? null : peer.HeardMs;
    }

    /// <summary>Since when there is a link with a node; null: there is none.</summary>
    public long? UpSinceMs(NodeId node) =>
        _peers.TryGetValue(node, out PeerProgress? peer) && peer.IsUp ? peer.LinkSinceMs : null;

    /// <summary>
    /// For how long there was no link with a node and nothing was heard of it, ms: whoever leads, since each node looks
    /// by itself; by a process that has never heard of it, since it has begun to look.
    /// </summary>
    public long AbsentMs(NodeId node)
    {
        long nowMs = store.Broker.NowMs;
        return _peers.TryGetValue(node, out PeerProgress? peer)
            ? peer.IsUp ? 0 : nowMs - peer.SeenMs
            : nowMs - _missedSince.GetValueOrDefault(node, nowMs);
    }

    /// <summary>
    /// Silence counts from now on: a leader that has just been elected does not know whom others have let wait.
    /// </summary>
    public void ForgetSilence()
    {
        foreach (PeerProgress peer in _peers.Values)
            peer.HeardMs = peer.GrantedMs = store.Broker.NowMs;
    }

    /// <summary>
    /// Finds up to where all nodes have applied what this node has, but for those that neither route nor answer by what
    /// have before they have asked what they have missed. Who they are the leader says; the others need his word only
    /// when not all nodes are as far.
    /// </summary>
    /// <param name="nodes">Who serves.</param>
    /// <param name="own">How far this node is.</param>
    /// <param name="decides">This node leads.</param>
    public long Settle(NodesSnapshot nodes, long own, bool decides)
    {
        long all = own;
        long waitedFor = own;
        long nowMs = store.Broker.NowMs;
        foreach ((NodeId node, NodeSession session) in nodes.Sessions)
        {
            if (node == setup.Self)
                continue;
            PeerProgress peer = Find(node);
            // A process that has started since does not serve in it, and catches up first.
            if (peer.AppliedIn(session) is not { } applied)
                continue;
            all = Math.Min(all, applied);
            if (decides && peer.MaySpeak(session, nowMs, store.Group.Term.Value))
                waitedFor = Math.Min(waitedFor, applied);
        }
        _isSomebodyLeftOut = decides && waitedFor > all;
        return Math.Max(all, decides ? waitedFor : Math.Min(own, _leadersSettled));
    }

    /// <summary>
    /// When this node last said what its leader has heard since, or as the leader a majority; null: not in this term.
    /// </summary>
    public long? HeardOfMs(RaftGroup group)
    {
        if (!group.IsLeader)
            return HeardOfMs(group.Leader, group.Term);
        // It hears itself.
        long nowMs = Math.Max(_saidMs, store.Broker.NowMs);
        var heard = new List<long>(group.Members.Voters);
        foreach (Member member in group.Members.Members)
        {
            if (member.IsVoter)
                heard.Add(member.Id == setup.Self ? nowMs : HeardOfMs(member.Id, group.Term) ?? -1);
        }
        heard.Sort();
        long ofMajority = heard.Count == 0 ? -1 : heard[^group.Members.Majority];
        return ofMajority < 0 ? null : ofMajority;
    }

    /// <summary>
    /// Whether a node is serving that can be reached; null: one has not said so yet.
    /// </summary>
    public bool? IsAnybodyServing(long incarnation)
    {
        bool isKnown = true;
        foreach (PeerProgress peer in _peers.Values)
        {
            if (peer is { IsUp: true, HasTold: true } && peer.Word.Incarnation != 0
                && peer.Word.Incarnation == incarnation)
                return true;
            isKnown &= !peer.IsUp || peer.HasTold;
        }
        return isKnown ? false : null;
    }

    /// <summary>Tells the others what has changed, and each what he waits to hear of himself.</summary>
    /// <param name="word">But for what only this knows.</param>
    public void Tell(NodeWord word)
    {
        word = word with { SaidMs = _saidMs };
        // What all can see by themselves the leader need not say at once.
        bool isNews = _tellsAgain
            || (_isSomebodyLeftOut ? word : word with { Settled = _told.Settled }) != _told;
        if (isNews)
            _told = word;
        _tellsAgain = false;
        foreach ((NodeId node, PeerProgress peer) in _peers)
        {
            if (!isNews && !peer.IsOwedEcho)
                continue;
            // Who does not lead has nobody to wait for, and helps the leader alone to know that it does.
            bool echoes = store.Group.IsLeader || store.Group.Leader == node;
            (long boot, long saidMs) = echoes ? peer.Echo : default;
            byte[] body = (word with { HeardBoot = boot, HeardMs = saidMs }).Write();
            // Without a link it may get there by another member.
            bool isSent = setup.Peers.TrySend(node, DefinitionsFrame.Class, DefinitionsFrame.Status, body);
            peer.IsOwedEcho &= !isSent && peer.IsUp;
            _tellsAgain |= !isSent && peer.IsUp;
        }
    }

    /// <summary>This node led until a moment for certain, as it has said to the others.</summary>
    public void ConfirmGrants(long ledMs)
    {
        foreach (PeerProgress peer in _peers.Values)
            peer.Confirm(ledMs);
    }

    /// <summary>Whether a node may route and answer in a session by what it has, as far as the leader knows.</summary>
    public bool MaySpeak(NodeSession session) =>
        Find(session.Node).MaySpeak(session, store.Broker.NowMs, store.Group.Term.Value);

    /// <summary>
    /// The same of any process that has a session, but for those of this directory, also of before it had an identity.
    /// </summary>
    public bool MayAnybodySpeak(NodesSnapshot nodes) => nodes.Sessions.Values.Any(session =>
        session.Node != setup.Self && !IsFormerSelf(session.Node)
        && Find(session.Node).AppliedIn(session) is not null && MaySpeak(session));

    /// <summary>Says from now on what the clock shows, and no time twice.</summary>
    public long SayTime()
    {
        _tellsAgain = true;
        return _saidMs = Math.Max(_saidMs + 1, store.Broker.NowMs);
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
    public void Tick()
    {
        SayTime();
        foreach (NodeId node in store.Broker.Nodes.Members.Keys)
        {
            if (!_peers.ContainsKey(node))
                _missedSince.TryAdd(node, store.Broker.NowMs);
        }
        _appliedAtTicks.Enqueue(store.LastIndex);
        while (_appliedAtTicks.Count > TicksToCatchUp)
            _appliedAtTicks.Dequeue();
    }

    private void SetUp(NodeId node, bool isUp)
    {
        Find(node).SetUp(isUp, store.Broker.NowMs);
        store.Broker.Maintenance.Note(node, isUnder: false);
        if (isUp)
        {
            SayTime();
            // What the node was sent and asked may have gone with the last link.
            store.Route.SendAgain();
            store.Session.AskAgain();
            store.Group.Reconnected(node);
        }
    }

    private void Receive(NodeId from, ushort kind, byte[] body)
    {
        PeerProgress peer = Find(from);
        peer.Heard(store.Broker.NowMs);
        switch (kind)
        {
            case DefinitionsFrame.Status when NodeWord.TryRead(body, out NodeWord word):
                Hear(from, peer, word);
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

    private void Hear(NodeId from, PeerProgress peer, in NodeWord word)
    {
        if (!peer.Take(word, store.Broker.Storage!.Boot))
            return;
        store.Broker.Maintenance.Note(from, word.IsUnderMaintenance);
        // What was settled once stays it, whoever leads by now.
        _leadersSettled = Math.Max(_leadersSettled, word.Settled);
        if (!store.Group.IsLeader)
        {
            peer.Hear(isOwed: store.Group.Leader == from);
            return;
        }
        bool hasCaughtUp = _appliedAtTicks.Count < TicksToCatchUp || word.Applied >= _appliedAtTicks.Peek();
        // Without a session of its own it does not know yet whom it will have to wait for: it may begin anew.
        if (!hasCaughtUp || !store.HasSession || !store.Group.Members.Contains(from))
            return;
        peer.Grant(store.Broker.NowMs);
        // It hears of it when a majority has heard something that is said after this.
        if (peer.Unconfirmed is not null && store.Broker.NowMs - _saidMs >= LeastMsBetweenSayings)
            SayTime();
    }

    private bool IsFormerSelf(NodeId node) =>
        node == DefinitionsStore.Standalone && !store.Group.Members.Contains(node);

    private long? HeardOfMs(NodeId node, Term term) =>
        _peers.TryGetValue(node, out PeerProgress? peer) && peer.HeardOf.Term == term.Value
            ? peer.HeardOf.SaidMs
            : null;

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
    private static byte[]? Assemble(PeerProgress peer, byte[] body)
    {
        long number = DefinitionsFrame.Number(body, 1);
        int whole = BinaryPrimitives.ReadInt32BigEndian(body.AsSpan(16));
        int offset = BinaryPrimitives.ReadInt32BigEndian(body.AsSpan(20));
        ReadOnlySpan<byte> piece = body.AsSpan(DefinitionsFrame.ProposalHeadBytes);
        if (whole is <= 0 or > DefinitionsFrame.MostProposalBytes || offset < 0 || piece.Length > whole - offset)
            return null;
        if (offset == 0)
            peer.Assembled = (new MemoryStream(Math.Min(whole, DefinitionsFrame.MostPieceBytes)), number);
        if (peer.Assembled is not ({ } assembled, var present) || assembled.Length != offset || present != number)
        {
            peer.Assembled = default;
            return null;
        }
        assembled.Write(piece);
        if (assembled.Length < whole)
            return null;
        peer.Assembled = default;
        return assembled.ToArray();
    }

    private PeerProgress Find(NodeId node)
    {
        if (!_peers.TryGetValue(node, out PeerProgress? peer))
            _peers.Add(node, peer = new PeerProgress(store.Broker.NowMs));
        return peer;
    }
}
