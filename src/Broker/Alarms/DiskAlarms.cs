using System.Collections.Immutable;
using Warren.Broker.Queues;
using Warren.Cluster;
using Warren.Cluster.Consensus;

namespace Warren.Broker.Alarms;

/// <summary>
/// The nodes whose disks have the alarm, one at least, and which publishes that stops: those to queues that would have
/// to be kept on one of them. Immutable; where queues live and who is up is asked anew each time. Any thread.
/// </summary>
internal sealed class DiskAlarms(MessageBroker broker, ImmutableHashSet<NodeId> nodes)
{
    public bool Has(NodeId node) => nodes.Contains(node);

    /// <summary>A majority of the cluster's nodes has the alarm; that of a node by itself always is one.</summary>
    public bool AreOfMost
    {
        get
        {
            ImmutableSortedDictionary<NodeId, Definitions.Entries.MemberEntry> members = broker.Nodes.Members;
            return members.IsEmpty || broker.QueueLinks is null || nodes.Count(members.ContainsKey) > members.Count / 2;
        }
    }

    /// <summary>
    /// A queue lives on a node alone that has the alarm, or the members without one, and within reach, are no majority.
    /// </summary>
    public bool Stop(QueueDefinition queue)
    {
        if (!queue.IsReplicated)
            return Has(queue.HomeNode.IsNone ? broker.Definitions.Self : queue.HomeNode);
        int voters = 0;
        int well = 0;
        bool isConcerned = false;
        if (broker.Members.MembersOf(queue) is { } members)
        {
            foreach (Member member in members)
                Count(member.Id, member.IsVoter);
        }
        else
        {
            foreach (NodeId member in queue.Members)
                Count(member, isVoter: true);
        }
        // Where no member has the alarm it is not the disks that are missed.
        return isConcerned && well <= voters / 2;

        void Count(NodeId node, bool isVoter)
        {
            voters += isVoter ? 1 : 0;
            isConcerned |= isVoter && Has(node);
            well += isVoter && !Has(node) && broker.QueueLinks!.IsUp(node) ? 1 : 0;
        }
    }

    /// <summary>The first of these queues that it stops; null: none.</summary>
    public QueueDefinition? FirstStopped(ReadOnlySpan<QueueDefinition> queues)
    {
        foreach (QueueDefinition queue in queues)
        {
            if (Stop(queue))
                return queue;
        }
        return null;
    }
}
