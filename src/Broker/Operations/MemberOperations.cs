using System.Collections.Immutable;
using Warren.Broker.Queues;
using Warren.Broker.Queues.Remote;
using Warren.Broker.Queues.Replicated;
using Warren.Cluster;
using Warren.Cluster.Consensus;
using Warren.Cluster.Groups;

namespace Warren.Broker.Operations;

/// <summary>
/// What operators ask of the members of queues, and want to be done with them. Who leads and which members there are is
/// known on every node; how a member stands only on its own. Any thread.
/// </summary>
public sealed class MemberOperations
{
    /// <summary>Longer than a member's turn takes, also on a busy machine.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly MessageBroker _broker;

    internal MemberOperations(MessageBroker broker) => _broker = broker;

    /// <summary>How this node's member of a queue stands; null: it has none, or it has not said so in time.</summary>
    public Task<MemberStatus?> StatusAsync(QueueDefinition queue)
    {
        if (queue.IsReplicated)
            return AskAsync(queue, StatusOf);
        return Task.FromResult(queue.Home is Queue alone ? StatusOf(alone) : null);
    }

    /// <summary>
    /// How this node's members of these queues stand that have others, also while nobody leads; those that it has no
    /// part in are left out.
    /// </summary>
    public async Task<ImmutableArray<SurvivingMember>> SurvivingAsync(ImmutableArray<QueueDefinition> queues)
    {
        var found = ImmutableArray.CreateBuilder<SurvivingMember>();
        NodeId self = Links.Self;
        foreach (QueueDefinition queue in queues)
        {
            bool isHere = _broker.Replication?.Find(queue.Id) is not null;
            if (!queue.IsReplicated || !(isHere || queue.Members.Contains(self)))
                continue;
            (MemberStatus Status, ImmutableArray<NodeId> Members)? own = await AskAsync<(
                MemberStatus, ImmutableArray<NodeId>)?>(
                queue, group => (StatusOf(group), [.. group.Members.Members.ToArray().Select(static one => one.Id)]))
                .ConfigureAwait(false);
            ImmutableArray<NodeId> members =
                [.. queue.Members.Union(own?.Members ?? []).Append(self).Distinct()];
            if (members.Length > 1 || own?.Status is not { NeedsSnapshot: false })
                found.Add(new SurvivingMember(queue, members, own?.Status));
        }
        return found.ToImmutable();
    }

    /// <summary>
    /// Has this node's member, which leads, hand over to another one that is in sync; false: it does not lead, or the
    /// other one cannot take over now. That it has taken over is seen by <see cref="LeaderOf"/>.
    /// </summary>
    public Task<bool> TransferAsync(QueueDefinition queue, NodeId to) => queue.IsReplicated
        ? AskAsync(
            queue,
            group => group.View.IsInSync(to) && _broker.Disks?.MayLead(to) != false && group.TransferLeadership(to))
        : Task.FromResult(false);

    /// <summary>
    /// Wishes for a member of a replicated queue on a node, or for none there; <see cref="MembersOf"/> shows how far
    /// the queue's group has followed.
    /// </summary>
    /// <exception cref="Amqp.AmqpException">Definitions cannot be changed now.</exception>
    public Task<MemberChangeOutcome> ChangeAsync(QueueDefinition queue, NodeId node, bool adds)
    {
        var change = new ChangeMembers(queue, node, adds);
        _broker.Definitions.Post(change);
        return change.Task;
    }

    /// <summary>
    /// The members of a replicated queue, as whoever leads it has told; null: nobody has yet, or it is not replicated.
    /// </summary>
    public ImmutableArray<Member>? MembersOf(QueueDefinition queue) => queue.IsReplicated
        ? Links.LeaderBook.MembersOf(queue.Id.Value)?.Members
        : null;

    /// <summary>
    /// The node that leads a replicated queue, or that any other one lives on; none: nobody has told, or it cannot be
    /// reached.
    /// </summary>
    public NodeId LeaderOf(QueueDefinition queue)
    {
        if (!queue.IsReplicated)
            return queue.HomeNode.IsNone && _broker.QueueLinks is { } links ? links.Self : queue.HomeNode;
        NodeId leader = Links.LeaderBook.Of(queue.Id.Value).Leader;
        return !leader.IsNone && Links.IsUp(leader) ? leader : NodeId.None;
    }

    private QueueLinks Links => _broker.QueueLinks!;

    private async Task<T?> AskAsync<T>(QueueDefinition queue, Func<RaftGroup, T> ask)
    {
        if (_broker.Replication?.Find(queue.Id) is not { } member)
            return default;
        var answer = new TaskCompletionSource<T?>(TaskCreationOptions.RunContinuationsAsynchronously);
        member.Post(QueueCommand.Ask(group => answer.SetResult(group is null ? default : ask(group))));
        try
        {
            return await answer.Task.WaitAsync(Patience, _broker.Time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            return default;
        }
    }

    private MemberStatus StatusOf(RaftGroup group)
    {
        NodeId self = Links.Self;
        return new MemberStatus
        {
            Role = group.View.Role,
            NeedsSnapshot = group.Soundness == Soundness.NeedsSnapshot,
            IsVoter = group.Members.Contains(self) ? group.Members.IsVoter(self) : null,
            LastIndex = group.LastIndex.Value,
            DurableIndex = group.DurableIndex.Value,
            AppliedIndex = group.Applied.Value,
            CommitIndex = group.Commit.Value,
            CompactedIndex = group.CompactedIndex.Value,
            Term = group.Term.Value,
        };
    }

    // The only member: what it has decided is decided once it is durable.
    private static MemberStatus StatusOf(Queue queue) => new()
    {
        Role = RaftRole.Leader,
        IsVoter = true,
        LastIndex = queue.DurablePosition,
        DurableIndex = queue.DurablePosition,
        AppliedIndex = queue.DurablePosition,
        CommitIndex = queue.DurablePosition,
    };
}
