using System.Collections.Immutable;
using Warren.Broker.Definitions;
using Warren.Broker.Definitions.Entries;
using Warren.Broker.Queues;
using Warren.Broker.Queues.Remote;
using Warren.Broker.Security;
using Warren.Cluster;

namespace Warren.Broker.Operations;

/// <summary>An operator wants a replicated queue to have a member on a node, or to have none there.</summary>
internal sealed class ChangeMembers(QueueDefinition queue, NodeId node, bool adds) : DefinitionsChange
{
    private readonly TaskCompletionSource<MemberChangeOutcome> _done =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends when the wish is there to stay; fails with what a client would have been told.</summary>
    public Task<MemberChangeOutcome> Task => _done.Task;

    internal override void Fail(string reason) => _done.TrySetException(Refusals.NotNow(reason));

    internal override void Apply(DefinitionsStore store)
    {
        if (store.FindVhost(queue.Vhost)?.Queues.TryGetValue(queue.Name, out QueueDefinition? now) != true
            || now!.Id != queue.Id)
        {
            if (!store.LooksAgain())
                _done.TrySetResult(MemberChangeOutcome.Gone);
            return;
        }
        if (WhyNot(store.Broker, now) is { } outcome)
        {
            store.Answers.WhenAllDurable(() => _done.TrySetResult(outcome));
            return;
        }
        bool begins = !now.IsReplicated;
        ImmutableArray<NodeId> members =
            begins ? [now.HomeNode] : adds ? now.Members.Add(node) : now.Members.Remove(node);
        var entry = new QueueMembersEntry
        {
            Vhost = now.Vhost,
            Name = now.Name,
            Queue = now.Id.Value,
            Members = members,
            WishedSize = members.Length,
        };
        store.Commit(entry);
        store.Answers.WhenDurable(entry.Key, () => _done.TrySetResult(
            begins ? MemberChangeOutcome.Begins : MemberChangeOutcome.Done));
    }

    private MemberChangeOutcome? WhyNot(MessageBroker broker, QueueDefinition now)
    {
        if (now.LivesOn.Contains(node) == adds)
            return MemberChangeOutcome.AlreadySo;
        if (!adds)
            return now.LivesOn.Length == 1 ? MemberChangeOutcome.LastMember : null;
        if (!broker.Nodes.Members.ContainsKey(node))
            return MemberChangeOutcome.NotInCluster;
        if (!now.MayHaveMembers || broker.Replication is null)
            return MemberChangeOutcome.NotReplicated;
        if (!now.IsReplicated)
            return null;
        if (!QueuePlacement.IsBegun(broker, now))
            return MemberChangeOutcome.Begins;
        return now.Members.Length >= Math.Min(broker.MostQueueMembers, QueueMembersEntry.Most)
            ? MemberChangeOutcome.Full
            : null;
    }
}
