using System.Collections.Immutable;
using Warren.Broker.Queues;
using Warren.Cluster;

namespace Warren.Broker.Operations;

/// <summary>This node's member of a replicated queue, when the node is to go on without the others.</summary>
/// <param name="Queue">Which.</param>
/// <param name="Members">All members that are known here, by the queue's log and by its definition.</param>
/// <param name="Status">How this node's stands; null: there is nothing of it.</param>
public sealed record SurvivingMember(QueueDefinition Queue, ImmutableArray<NodeId> Members, MemberStatus? Status)
{
    /// <summary>Something of it is lost here, or all of it was never brought.</summary>
    public bool IsDamaged => Status is not { NeedsSnapshot: false };

    /// <summary>
    /// The others could have confirmed something without it: they are a majority, or it does not vote. Else nothing was
    /// confirmed that it has not, as far as is known here.
    /// </summary>
    public bool MayBeBehind => Status?.IsVoter != true || Members.Length - 1 > Members.Length / 2;
}
