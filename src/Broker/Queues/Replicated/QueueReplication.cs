using System.Collections.Concurrent;
using System.Collections.Immutable;
using Warren.Broker.Delays;
using Warren.Broker.Policies;
using Warren.Broker.Queues.Remote;
using Warren.Broker.Topology;
using Warren.Cluster;
using Warren.Cluster.Consensus;
using Warren.Cluster.Groups;
using Warren.Storage;

namespace Warren.Broker.Queues.Replicated;

/// <summary>
/// This node's members of replicated queues. Called in the definitions' turn, and by a start before there are turns.
/// </summary>
/// <param name="broker">The node's.</param>
/// <param name="setup">The cluster's.</param>
/// <param name="clients">Who brings clients to members that lead.</param>
internal sealed class QueueReplication(MessageBroker broker, ClusterSetup setup, IReplicatedClients clients)
    : IReplication
{
    private readonly ConcurrentDictionary<long, ReplicatedQueue> _members = new();
    private readonly CatchUps _catchUps = new();
    private volatile bool _isBarred;
    private int _count;

    /// <summary>Members on this node.</summary>
    public IEnumerable<ReplicatedQueue> Members => _members.Values;

    /// <inheritdoc/>
    public int Count => Volatile.Read(ref _count);

    /// <inheritdoc/>
    public ReplicatedQueue? Find(QueueId queue) => _members.GetValueOrDefault(queue.Value);

    /// <inheritdoc/>
    public QueueHome MakeHome(
        MessageBroker broker, string vhost, QueueSettings settings, ImmutableArray<NodeId> members) =>
        clients.MakeHome(vhost, settings, members);

    /// <inheritdoc/>
    public bool TryRecover(NodeLog log, RecoveredGroup found, QueueDefinition queue)
    {
        // It has served alone, and is still to be taken over.
        if (queue.Founders.IsEmpty && queue.Home is Queue && !HardStateFormat.TryRead(found.State.Span, out _))
            return false;
        // Also of who is not to be a member any more: it is one until its group has removed it.
        MemberOf(queue).Recover(log, found);
        return true;
    }

    /// <inheritdoc/>
    public void Created(QueueDefinition queue, QueueOrigin origin)
    {
        switch (queue.Home)
        {
            case Queue alone when queue.Founders.IsEmpty:
                Convert(alone, queue);
                return;
            case RemoteQueue remote when queue.Founders.IsEmpty:
                if (Find(queue.Id) is not null || queue.Members.Contains(setup.Self))
                    Join(queue, origin == QueueOrigin.Snapshot);
                remote.Signal(LineSignal.Replicated, 0);
                return;
        }
        bool isFounder = origin == QueueOrigin.Applied && queue.Founders.Contains(setup.Self);
        if (!isFounder && Find(queue.Id) is null && !queue.Members.Contains(setup.Self))
            return;
        ReplicatedQueue member = MemberOf(queue);
        bool isNew = !member.IsRecovered;
        member.Definition = queue;
        // One that was added later may have had a group, and lost it.
        Join(member, isFounder
            ? RaftGroupStart.Found(
                setup.Self, new Membership(queue.Founders.Select(static node => new Member(node, IsVoter: true))))
            : origin == QueueOrigin.Snapshot ? RaftGroupStart.Join(setup.Self) : LostOf(member));
        if (isNew && isFounder && queue.Founders[0] == setup.Self)
            member.LeadFirst();
    }

    /// <inheritdoc/>
    public void MembersChanged(QueueDefinition queue)
    {
        if (Find(queue.Id) is { } member)
            member.Post(QueueCommand.Members(queue));
        else if (queue.Members.Contains(setup.Self))
            Join(MemberOf(queue), RaftGroupStart.Join(setup.Self));
    }

    /// <inheritdoc/>
    public void Told(QueueId queue, ReplicaStanding standing) =>
        Find(queue)?.Post(QueueCommand.Standing(standing));

    /// <inheritdoc/>
    public void Told(QueueId queue, TimeNews news)
    {
        if (Find(queue) is { } member)
            member.Post(QueueCommand.Time(news));
        else if (news is { IsAnswer: false, KnownTerm: 0 })
            clients.TellTime(queue, news.From, new TimeNews(setup.Self, IsAnswer: true, news.LeaderTerm, 0, 0));
    }

    /// <inheritdoc/>
    public void Removed(QueueDefinition queue)
    {
        if (!_members.TryRemove(queue.Id.Value, out ReplicatedQueue? member))
            return;
        Interlocked.Decrement(ref _count);
        member.DropLog();
    }

    /// <inheritdoc/>
    public void Configured(QueueDefinition queue, QueueSettings settings) =>
        Find(queue.Id)?.Post(QueueCommand.Configure(settings));

    /// <inheritdoc/>
    public Task<HandedOver> HandOverAsync(TimeSpan limit)
    {
        _isBarred = true;
        var returns = new LeadershipReturns();
        foreach (ReplicatedQueue member in Members)
        {
            returns.Expect();
            member.Post(QueueCommand.HandOver(returns));
        }
        return returns.WaitAsync(limit, broker.Time);
    }

    /// <inheritdoc/>
    public void LeadAgain()
    {
        _isBarred = false;
        foreach (ReplicatedQueue member in Members)
            member.Post(QueueCommand.LeadAgain());
    }

    /// <inheritdoc/>
    public void DisksChanged(bool leadersOnly)
    {
        foreach (ReplicatedQueue member in Members)
        {
            if (!leadersOnly || member.Consensus?.IsLeader == true)
                member.Post(QueueCommand.DisksChanged());
        }
    }

    private void Join(ReplicatedQueue member, RaftGroupStart? otherwise)
    {
        member.Join(broker.Storage!, otherwise);
        // Who was made before it was said is among those that are told.
        if (_isBarred)
            member.Post(QueueCommand.HandOver(null));
        if (broker.Disks is { IsUnfit: true })
            member.Post(QueueCommand.DisksChanged());
    }

    // Its home is named alone before others may have anything: what is not taken over then is all that there is.
    private void Convert(Queue alone, QueueDefinition queue)
    {
        bool isTakenOver = Find(queue.Id) is not null || queue.Members is not [var only] || only != setup.Self;
        if (isTakenOver)
            Join(queue, isNew: false);
        if (isTakenOver && alone.IsBlank)
            alone.GoOnElsewhere();
        else
            alone.Post(QueueCommand.Convert(isTakenOver ? null : MemberOf(queue)));
    }

    private void Join(QueueDefinition queue, bool isNew)
    {
        ReplicatedQueue member = MemberOf(queue);
        member.Definition = queue;
        member.Join(broker.Storage!, isNew ? RaftGroupStart.Join(setup.Self) : LostOf(member));
    }

    // Of what was recovered nothing else is asked.
    private static RaftGroupStart? LostOf(ReplicatedQueue member) => member.IsRecovered ? null : member.Lost();

    // What stands for the queue here hears of its rules in its own turn, which may be later.
    private static QueueSettings RulesOf(QueueDefinition queue, MessageBroker broker)
    {
        EffectivePolicy? policy = null;
        if (broker.Topology.Vhosts.TryGetValue(queue.Vhost, out Vhost? vhost))
            vhost.Policies.OfQueues.TryGetValue(queue.Name, out policy);
        return PolicySettings.Of(queue.Type, queue.AutoDelete, queue.Arguments, policy, broker.Options);
    }

    private static ReplicatedQueue MakeMember(
        MessageBroker broker, QueueDefinition queue, ClusterSetup setup, IReplicatedClients clients, CatchUps catchUps)
    {
        QueueSettings rules = RulesOf(queue, broker);
        ReplicatedQueue member = queue.IsDelayStore
            ? new ReplicatedDelays(broker, rules, setup, clients, catchUps)
            : new ReplicatedQueue(broker, rules, setup, clients, catchUps);
        member.Definition = queue;
        return member;
    }

    private ReplicatedQueue MemberOf(QueueDefinition queue)
    {
        if (Find(queue.Id) is { } member)
            return member;
        member = MakeMember(broker, queue, setup, clients, _catchUps);
        _members[queue.Id.Value] = member;
        Interlocked.Increment(ref _count);
        return member;
    }
}
