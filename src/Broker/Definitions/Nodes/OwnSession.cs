using Warren.Broker.Definitions.Entries;
using Warren.Cluster;
using Warren.Cluster.Consensus;
using Warren.Cluster.Groups;
using Warren.Cluster.Incidents;
using Warren.Storage;

namespace Warren.Broker.Definitions.Nodes;

/// <summary>
/// The time in which this node serves, as the definitions know it, and at the leader that of the others. A node asks
/// the leader for a session when it starts, and again when its own was ended while it was cut off. Owned by the
/// definitions' turn.
/// </summary>
internal sealed class OwnSession(DefinitionsStore store, ClusterSetup? setup, DefinitionsPeers? peers)
{
    private readonly TaskCompletionSource _serving = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _epoch = 1;
    private bool _hasOpened;
    private bool _asksAgain = true;
    private NodeId _askedOf;
    // The term in which this leader has proposed its own session, and the one in which it began to count silence.
    private Term _proposedIn;
    private Term _ledSince;

    /// <summary>The index of its entry; 0: there is none.</summary>
    public long Id { get; private set; }

    public bool IsOpen => Id != 0;

    /// <summary>Since when, as this node has said to the others, ms.</summary>
    public long OpenedMs { get; private set; }

    /// <summary>This node leads, and knows whom it has to wait for.</summary>
    public bool Decides => store.Group.MayDecide && _ledSince == store.Group.Term;

    /// <summary>The start must be made again with what has come.</summary>
    public bool IsToStartAgain { get; private set; }

    /// <summary>The session that a queue which is not durable goes with: its home's, or its owner's.</summary>
    public long Of(QueueEntry queue) =>
        queue.OwnerConnectionId == 0 && queue.HomeNode != store.Self
        && store.Broker.Nodes.Sessions.TryGetValue(queue.HomeNode, out NodeSession? home)
            ? home.Id
            : Id;

    public Task WhenServing => _serving.Task;

    private long Boot => store.Broker.Storage!.Boot;

    /// <summary>Everything is open. A node by itself serves when this returns.</summary>
    public void Start()
    {
        if (store.Broker.Storage is null)
            store.Runs.Begin(new Bootstrap(null, _serving.SetResult));
        else
            Drive();
    }

    /// <summary>The end of a turn: what this node wants of the leader, or does as the leader.</summary>
    public void Drive()
    {
        RaftGroup group = store.Group;
        if (group.MayDecide)
            Lead(group);
        else if (!IsOpen && !IsToStartAgain && peers is not null && !group.Leader.IsNone && !group.IsLeader)
            Ask(group.Leader);
        if (!_hasOpened)
            return;
        _hasOpened = false;
        store.Runs.Begin(new Bootstrap(setup, () => _serving.TrySetResult()));
    }

    /// <summary>What the leader was asked may be lost.</summary>
    public void AskAgain() => _asksAgain = true;

    public void Tick()
    {
        AskAgain();
        if (store.IsStuck && store.Group.IsLeader)
            HandOver(store.Group);
        else if (store.Group.MayDecide && _ledSince == store.Group.Term)
        {
            EndSilent();
            ForgetRemoved(store.Group.Members);
        }
    }

    /// <summary>Sessions have begun or ended.</summary>
    public void Changed(NodesSnapshot nodes)
    {
        if (IsOpen && !nodes.IsOpen(Id))
        {
            Id = 0;
            _epoch++;
            _asksAgain = true;
            _proposedIn = default;
            store.SessionEnded();
        }
        if (!IsOpen && nodes.Sessions.TryGetValue(store.Self, out NodeSession? session)
            && session.Epoch == _epoch && store.Broker.Storage is { } log && session.Boot == log.Boot)
        {
            Id = session.Id;
            OpenedMs = peers?.SayTime() ?? 0;
            _hasOpened = true;
        }
    }

    /// <summary>At the leader: a node wants a session.</summary>
    public void Open(NodeId node, long boot, long epoch)
    {
        NodesSnapshot nodes = store.Broker.Nodes;
        // Its own first: it says which incarnation the others belong to.
        if ((node != store.Self && !IsOpen)
            || (nodes.Sessions.TryGetValue(node, out NodeSession? present)
                && (present.Boot > boot || (present.Boot == boot && present.Epoch >= epoch))))
            return;
        long incarnation = nodes.Incarnation;
        if (!IsOpen)
        {
            bool? isAnybodyServing = peers is null ? false : peers.IsAnybodyServing(incarnation);
            if (isAnybodyServing is null)
                return;
            if (isAnybodyServing == false)
            {
                // Nor does anybody that is cut off, by the lease of a leader before: it would not be waited for.
                if (peers?.MayAnybodySpeak(nodes) == true)
                    return;
                incarnation = 0;
            }
        }
        if (store.Leader!.TryProposeAsLeader(new SessionEntry(node, boot, epoch, incarnation)) && node == store.Self)
            _proposedIn = store.Group.Term;
    }

    /// <summary>What the node had lost has come: the start must be made again with it.</summary>
    public void MustStartAgain()
    {
        IsToStartAgain = true;
        _serving.TrySetException(new InvalidOperationException(
            "What this node's data directory had lost of the definitions has come from another node. Queues of this "
            + "node were set aside by the start, since nobody knew of them: start the node again to serve them."));
    }

    private void Lead(RaftGroup group)
    {
        if (_ledSince != group.Term)
        {
            _ledSince = group.Term;
            peers?.ForgetSilence();
        }
        if (!IsOpen && !IsToStartAgain && _proposedIn != group.Term)
            Open(store.Self, Boot, _epoch);
    }

    // It votes, and may be elected for what its log has. But it applies nothing of it: no change would ever be made.
    private void HandOver(RaftGroup group)
    {
        foreach (Member member in group.Members.Members)
        {
            if (member.IsVoter && peers?.MayLead(member.Id) == true && group.TransferLeadership(member.Id))
                return;
        }
    }

    private void Ask(NodeId leader)
    {
        if (!_asksAgain && _askedOf == leader)
            return;
        _asksAgain = false;
        _askedOf = leader;
        setup!.Peers.TrySend(
            leader, DefinitionsFrame.Class, DefinitionsFrame.WantsSession, DefinitionsFrame.Numbers(Boot, _epoch));
    }

    // What the definitions say of nodes that are members no more, also of a leader that has removed itself.
    private void ForgetRemoved(Membership members)
    {
        NodesSnapshot nodes = store.Broker.Nodes;
        foreach ((NodeId node, NodeSession session) in nodes.Sessions)
        {
            if (!members.Contains(node) && !peers!.MaySpeak(session))
                store.Leader!.TryEndSession(node, session.Id);
        }
        foreach (NodeId node in nodes.Members.Keys)
        {
            if (!members.Contains(node))
                store.Leader!.TryProposeAsLeader(new RemovalEntry(DefinitionKey.OfMember(node)) { WithQueues = true });
        }
    }

    private void EndSilent()
    {
        foreach ((NodeId node, NodeSession session) in store.Broker.Nodes.Sessions)
        {
            if (node == store.Self || peers!.SilentSinceMs(node) is not { } since
                || store.Broker.NowMs - since < setup!.SessionGraceMs
                // Who has no session is not waited for.
                || peers.MaySpeak(session))
                continue;
            if (!store.Leader!.TryEndSession(node, session.Id))
                continue;
            string text = $"Nothing was heard of node {node} for {setup.SessionGraceMs} ms: the exclusive queues of "
                + "its clients are deleted";
            store.Broker.Log(LogLevel.Warning, LogCategory.Default, text);
            store.Broker.Note(new Incident(IncidentKind.SessionEnded, $"{node}", text));
        }
    }
}
