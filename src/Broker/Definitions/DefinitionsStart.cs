using Warren.Broker.Definitions.Nodes;
using Warren.Broker.Durability;
using Warren.Cluster;
using Warren.Cluster.Consensus;
using Warren.Cluster.Groups;
using Warren.Cluster.Peers;
using Warren.Storage;

namespace Warren.Broker.Definitions;

/// <summary>
/// How the definitions' group begins at a start, on the starting thread, before anybody is served: with what the
/// directory has of it, or anew.
/// </summary>
internal sealed class DefinitionsStart(
    DefinitionsStore store, ClusterSetup? setup, DefinitionsReplica replica, DefinitionsPeers? peers)
{
    private RaftGroupStart? _start;

    /// <summary>Something of the group is lost here, which a leader has to bring.</summary>
    public bool IsUnsound { get; private set; }

    /// <summary>The directory has the group.</summary>
    /// <exception cref="UnreadableDefinitionException">An entry cannot be understood.</exception>
    public void Open(NodeLog log, RecoveredGroup group)
    {
        store.Publisher.IsStarting = true;
        replica.StartLog = log;
        replica.IsTolerant = group.IsUnsound;
        using EntryReader reader = log.OpenReader();
        // Else somebody brings what is lost: what damage has left of a member is no cluster of its own.
        bool acceptsLoss = IsAlone || setup!.BeginsAlone;
        _start = RaftGroupStart.Recover(store.Self, group, replica, acceptsLoss, entry => reader.Read(
            DefinitionsStore.GroupId, entry.Index, entry.Position,
            EntryReader.EntryOverheadBytes + entry.PayloadBytes,
            out ReadOnlySpan<byte> _, out ReadOnlySpan<byte> _) == ReadOutcome.Whole,
            setup?.BeginsAlone == true, setup is null ? NodeId.None : DefinitionsStore.Standalone);
        replica.IsTolerant |= group.IsUnsound;
        IsUnsound = _start.IsUnsound;
        replica.MakeRestored();
        // What lies behind the live entries says which queues there are, too.
        if (!_start.IsTakenOver)
            Join(log, _start);
    }

    /// <summary>
    /// All groups of the directory have been seen. Nothing new is given an id up to <paramref name="lastId"/>: what has
    /// it is still there. Before anybody is served.
    /// </summary>
    public void Opened(NodeLog log, long lastId)
    {
        store.Publisher.IsStarting = true;
        replica.StartLog = log;
        var before = new LogIndex(Math.Max(lastId, DurableGroups.FirstDefinitionIndex - 1));
        if (_start is null)
            Join(log, Begin(log, before));
        else if (_start.IsTakenOver)
            Join(log, _start.Above(before));
        _start = null;
        CompleteReads();
        replica.StartLog = null;
        store.Publisher.IsStarting = false;
        if (setup is null && !store.Group.Members.IsVoter(store.Self))
        {
            throw new InvalidOperationException(
                $"The definitions in the data directory are those of a cluster of {store.Group.Members}; this node is "
                + "started as one by itself. Start it with the identity of the directory.");
        }
    }

    // Nobody else has ever been in the cluster.
    private bool IsAlone => setup is null || (setup.Founders is [var only] && only == store.Self);

    private RaftGroupStart Begin(NodeLog log, LogIndex before)
    {
        if (setup is null)
            return RaftGroupStart.Found(store.Self, new Membership([new Member(store.Self, IsVoter: true)]), before);
        // Whatever was written in a member's log came behind its group's state.
        if (!IsAlone && !log.IsNew)
        {
            IsUnsound = true;
            return RaftGroupStart.Lost(store.Self);
        }
        if (setup.Founders.IsEmpty)
            return RaftGroupStart.Join(store.Self);
        return RaftGroupStart.Found(
            store.Self, new Membership(setup.Founders.Select(static node => new Member(node, IsVoter: true))), before);
    }

    private void Join(NodeLog log, RaftGroupStart start)
    {
        LogGroup group = log.OpenGroup(DefinitionsStore.GroupId, store);
        RaftOptions options = setup?.Options ?? new RaftOptions();
        replica.Group = new RaftGroup(
            start, options with { LeadsAtOnceAlone = true }, store.Broker.NewRandom(), group, replica);
        if (setup is not null && peers is not null)
        {
            replica.Group.Heartbeats = setup.Transport.Register(DefinitionsStore.GroupId, peers);
            setup.Peers.Register(PeerFrameKind.FirstOfDefinitions, peers);
        }
        store.Flush();
        CompleteReads();
    }

    // A group whose read is never completed would read no more, and members that lag would get nothing.
    private void CompleteReads()
    {
        while (replica.StartReads.TryDequeue(out PayloadRead? read))
        {
            replica.Group.Complete(read);
            store.Flush();
        }
    }
}
