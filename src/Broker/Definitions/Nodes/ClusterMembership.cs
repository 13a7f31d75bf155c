using System.Collections.Immutable;
using Warren.Broker.Definitions.Entries;
using Warren.Broker.Queues;
using Warren.Broker.Queues.Replicated;
using Warren.Cluster;
using Warren.Cluster.Consensus;
using Warren.Storage;

namespace Warren.Broker.Definitions.Nodes;

/// <summary>
/// The members of the cluster that this broker is in, for the server: who they are, and changing them one at a time.
/// Any thread. Changes are made at the leader; elsewhere they end with <see cref="ChangeOutcome.NotLeader"/>.
/// </summary>
public sealed class ClusterMembership
{
    /// <summary>Some years of broken machines; each is a small entry of the definitions.</summary>
    private const int MostForgotten = 64;

    private readonly DefinitionsStore _store;

    internal ClusterMembership(DefinitionsStore store) => _store = store;

    /// <summary>How it stands. Of a broker without storage: nobody.</summary>
    public ClusterStatus Status => _store.Status.Status;

    /// <summary>
    /// Called when the members, the leader, or whether this node serves are others than before: in the definitions'
    /// turn, which must not be held up. Set before the links begin.
    /// </summary>
    public Action? Changed
    {
        set => _store.Status.Changed = value;
    }

    /// <summary>
    /// Ends when this node serves: it has a session, and what every node has. At once for a node by itself.
    /// </summary>
    /// <exception cref="InvalidOperationException">
    /// What its definitions had lost has come from the leader, so that the start must be made again: until then nobody
    /// knew which queues it has.
    /// </exception>
    public Task WhenServing => _store.WhenServing;

    /// <summary>
    /// Completes, with the reason, when this node cannot follow the others any more, since it cannot read what they
    /// have defined: it must not serve clients by what it has before it is started again, with the others' version.
    /// </summary>
    public Task<string> WhenHalted => _store.WhenHalted;

    /// <summary>
    /// This node serves nobody any more, and is not waited for by the others. When its own clients are gone, while it
    /// has its links.
    /// </summary>
    public Task EndServingAsync() => _store.EndServingAsync();

    /// <summary>
    /// Adds a node that is to be brought up to date, under a name that no other member has. One at a time: the next
    /// sees the name of the one before.
    /// </summary>
    public async Task<ChangeOutcome> AddLearnerAsync(NodeId node, NodeName name, string address)
    {
        if (IsTaken(node, name))
            return ChangeOutcome.Impossible;
        ChangeOutcome outcome = await ChangeAsync(new MembershipChange(MembershipChangeKind.AddLearner, node))
            .ConfigureAwait(false);
        if (outcome is ChangeOutcome.Proposed or ChangeOutcome.AlreadySo)
            await CommitAsync(new MemberEntry(node, name.Value, address)).ConfigureAwait(false);
        return outcome;
    }

    /// <summary>A learner that has caught up votes from now on.</summary>
    public Task<ChangeOutcome> PromoteAsync(NodeId node) =>
        ChangeAsync(new MembershipChange(MembershipChangeKind.Promote, node));

    /// <summary>
    /// Before a member leaves by itself: no queue gets a home on it any more, and those go that are not durable. False:
    /// durable queues live there, and nothing was changed.
    /// </summary>
    public Task<bool> WithdrawAsync(NodeId node) => Administration.AdministrativeChange.AskAsync(_store.Broker, store =>
    {
        // Looked at again when a declaration was quicker.
        bool isFree = DurableQueuesOf(node).IsEmpty;
        if (isFree)
            store.Commit(new RemovalEntry(DefinitionKey.OfMember(node)) { IfUnused = true, WithQueues = true });
        return isFree;
    });

    /// <summary>It does not leave after all.</summary>
    public Task AnnounceAsync(NodeId node, NodeName name, string address) =>
        CommitAsync(new MemberEntry(node, name.Value, address));

    /// <summary>Takes a member out; soon after goes its session, with what its clients owned.</summary>
    public Task<ChangeOutcome> RemoveAsync(NodeId node) =>
        ChangeAsync(new MembershipChange(MembershipChangeKind.Remove, node));

    /// <summary>Remembers that a node was taken out, and by whom; of very many those that were last.</summary>
    public async Task NoteForgottenAsync(NodeId node, string name, string by, DateTimeOffset at)
    {
        ForgottenEntry[] known = [.. _store.Broker.Nodes.Forgotten.Values.OrderBy(static one => one.AtMs)];
        await CommitAsync(new ForgottenEntry(node, name, by, at.ToUnixTimeMilliseconds())).ConfigureAwait(false);
        foreach (ForgottenEntry old in known.Take(known.Length + 1 - MostForgotten))
            await CommitAsync(new RemovalEntry(old.Key)).ConfigureAwait(false);
    }

    /// <summary>Null: it was not taken out, or that is long forgotten itself.</summary>
    public ForgottenNode? FindForgotten(NodeId node) =>
        _store.Broker.Nodes.Forgotten.TryGetValue(node, out ForgottenEntry? one)
            ? new ForgottenNode(one.Name, one.By, DateTimeOffset.FromUnixTimeMilliseconds(one.AtMs))
            : null;

    /// <summary>The durable queues that live on a node alone, so that nobody else has a copy.</summary>
    public ImmutableArray<QueueDefinition> DurableQueuesOf(NodeId node)
    {
        NodesSnapshot nodes = _store.Broker.Nodes;
        return
        [
            .. _store.Broker.QueuesAndStores().Where(queue => queue.SurvivesRestart
                && (nodes.IsOnlyOn(queue, node) || IsOnlyVoter(queue, node))),
        ];
    }

    /// <summary>
    /// The replicated queues that have a member on a node by the word of their leaders; where nobody has told this
    /// node, by what was wished. One that is to go and is not among them can be missed: no group counts on it.
    /// </summary>
    public ImmutableArray<QueueDefinition> QueuesWithMemberOn(NodeId node) =>
    [
        .. _store.Broker.QueuesAndStores().Where(queue => queue.IsReplicated && (MembersOf(queue) is { } told
            ? told.Has(node)
            : IsWished(queue, node))),
    ];

    /// <summary>
    /// The replicated queues that would stop for good without a node: of their voters no majority is left that could
    /// take it out, or nobody has told this node who they are.
    /// </summary>
    /// <param name="node">Which is to go.</param>
    /// <param name="helps">It is still there, and votes for that.</param>
    public ImmutableArray<QueueDefinition> QueuesThatNeed(NodeId node, bool helps)
    {
        return [.. _store.Broker.QueuesAndStores().Where(queue => queue.IsReplicated && Needs(queue))];

        bool Needs(QueueDefinition queue)
        {
            if (MembersOf(queue) is not { } told)
                return IsWished(queue, node);
            NodeId[] voters = [.. told.Voters];
            // Of the only one it is said that it has the only copy.
            if (voters.Length < 2 || !voters.Contains(node))
                return false;
            int others = voters.Count(voter => voter != node && _store.Broker.QueueLinks!.IsUp(voter));
            return others + (helps ? 1 : 0) <= voters.Length / 2 || others <= (voters.Length - 1) / 2;
        }
    }

    /// <summary>The durable queues of which this node has the only copy, also when it is no member of anything.
    /// </summary>
    public ImmutableArray<QueueDefinition> OnlyCopies()
    {
        NodesSnapshot nodes = _store.Broker.Nodes;
        return
        [
            .. _store.Broker.QueuesAndStores().Where(queue => queue.SurvivesRestart
                && (queue.IsReplicated ? nodes.IsOnlyOn(queue, _store.Self) : queue.IsHere)),
        ];
    }

    /// <summary>
    /// All queues that there are if everything counts that this node has in its log, and the last index there; also
    /// while nobody leads, and nothing of it is applied.
    /// </summary>
    public Task<(ImmutableArray<QueueDefinition> Queues, LogIndex LastIndex)> ForeseeAsync()
    {
        var done = new TaskCompletionSource<(ImmutableArray<QueueDefinition>, LogIndex)>(
            TaskCreationOptions.RunContinuationsAsynchronously);
        _store.Post(new TurnEvent(
            () => done.SetResult((Foresight.Queues(_store.Broker, _store.Group), _store.Group.LastIndex))));
        return done.Task;
    }

    /// <summary>
    /// Hands leadership to a voter; ends when this node has seen it lead, or with false when that has failed.
    /// </summary>
    public Task<bool> TransferLeadershipAsync(NodeId to)
    {
        var done = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (_store.Leader is { } leader)
            _store.Post(new TurnEvent(() => leader.TransferLeadership(to, done)));
        else
            done.SetResult(false);
        return done.Task;
    }

    /// <summary>
    /// Another node is to lead the definitions, if this one does: ends when it has seen one lead, or when there is
    /// nobody to ask. It may not end, without a majority.
    /// </summary>
    /// <param name="stops">This node is about to stop, and does not stand for it again.</param>
    public Task HandOverAsync(bool stops)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (_store is { Leader: { } leader, Peers: not null })
            _store.Post(new TurnEvent(() => leader.HandOver(stops, done)));
        else
            done.SetResult();
        return done.Task;
    }

    // Others are to be members, and have not caught up.
    private bool IsOnlyVoter(QueueDefinition queue, NodeId node) => MembersOf(queue) is { } told
        && told.Members.Where(static member => member.IsVoter).All(member => member.Id == node);

    private static bool IsWished(QueueDefinition queue, NodeId node) =>
        queue.Members.Contains(node) || queue.Founders.Contains(node);

    private ReplicaStanding? MembersOf(QueueDefinition queue) => queue.IsReplicated
        ? _store.Broker.QueueLinks?.LeaderBook.MembersOf(queue.Id.Value)
        : null;

    // By what the definitions say: they are published before anybody is told of them.
    private bool IsTaken(NodeId node, NodeName name)
    {
        foreach (ClusterMember member in Status.Members)
        {
            if (member.Node != node && _store.Broker.Nodes.Members.TryGetValue(member.Node, out MemberEntry? named)
                && named.Name == name.Value)
                return true;
        }
        return false;
    }

    private Task<ChangeOutcome> ChangeAsync(MembershipChange change)
    {
        var done = new TaskCompletionSource<ChangeOutcome>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (_store.Leader is { } leader)
            _store.Post(new TurnEvent(() => leader.ChangeMembers(change, done)));
        else
            done.SetResult(ChangeOutcome.NotLeader);
        return done.Task;
    }

    private Task CommitAsync(DefinitionsEntry entry) =>
        Administration.AdministrativeChange.RunAsync(_store.Broker, store => store.Commit(entry));
}
