using System.Collections.Immutable;
using Warren.Broker.Queues;
using Warren.Broker.Queues.Replicated;
using Warren.Cluster;

namespace Warren.Broker.Definitions;

/// <summary>
/// Tells <see cref="IReplication"/> which replicated queues have come into what is published, which are to have other
/// members, and which have gone. Owned by the definitions' turn. Invariant: what has been told is what is published,
/// once a start has begun.
/// </summary>
internal sealed class ReplicationNews(MessageBroker broker)
{
    private readonly Dictionary<long, ImmutableArray<NodeId>> _told = [];
    // Of a start.
    private readonly HashSet<long> _compacted = [];

    /// <summary>A draft has been published.</summary>
    public void Published(DefinitionsDraft draft, bool isStarting)
    {
        if (broker.Replication is not { } replication)
            return;
        if (isStarting)
        {
            if (draft.IsAnew)
                _compacted.UnionWith(Replicated(draft.QueuesMade).Select(static queue => queue.Id.Value));
            return;
        }
        // Made and gone at once: it was never published.
        HashSet<QueueId>? gone =
            draft.QueuesGone.Count > 0 ? [.. draft.QueuesGone.Select(static queue => queue.Id)] : null;
        foreach (QueueDefinition queue in Replicated(draft.QueuesMade))
        {
            if (gone?.Contains(queue.Id) != true)
                Tell(replication, queue, draft.IsAnew ? QueueOrigin.Snapshot : QueueOrigin.Applied);
        }
        foreach (QueueDefinition queue in draft.QueuesMoved)
            TellMembers(replication, queue, draft.IsAnew ? QueueOrigin.Snapshot : QueueOrigin.Applied);
        foreach (QueueDefinition queue in draft.QueuesGone)
        {
            if (_told.Remove(queue.Id.Value))
                replication.Removed(queue);
        }
    }

    /// <summary>All that a start has found is published.</summary>
    public void Begin()
    {
        if (broker.Replication is not { } replication)
            return;
        foreach (QueueDefinition queue in Replicated(broker.QueuesAndStores()))
        {
            bool isCompacted = _compacted.Contains(queue.Id.Value);
            Tell(replication, queue, isCompacted ? QueueOrigin.Compacted : QueueOrigin.Applied);
        }
        _compacted.Clear();
    }

    private void Tell(IReplication replication, QueueDefinition queue, QueueOrigin origin)
    {
        if (_told.TryAdd(queue.Id.Value, queue.Members))
            replication.Created(queue, origin);
    }

    // One that has lived on one node comes in like one that was made.
    private void TellMembers(IReplication replication, QueueDefinition queue, QueueOrigin origin)
    {
        if (!_told.TryGetValue(queue.Id.Value, out ImmutableArray<NodeId> told))
        {
            if (queue.IsReplicated && broker.QueuesAndStores().Contains(queue))
                Tell(replication, queue, origin);
            return;
        }
        if (told.SequenceEqual(queue.Members))
            return;
        _told[queue.Id.Value] = queue.Members;
        replication.MembersChanged(queue);
    }

    private static IEnumerable<QueueDefinition> Replicated(IEnumerable<QueueDefinition> queues) =>
        queues.Where(static queue => queue.IsReplicated);
}
