using System.Collections.Immutable;
using Warren.Cluster;
using Warren.Cluster.Consensus;
using Warren.Storage;

namespace Warren.Broker.Queues.Replicated;

/// <summary>
/// The members of a replicated queue as its leader knows them to be: committed, so that it stays true that these were
/// the members at that entry, whoever leads later.
/// </summary>
/// <param name="LeaderTerm">Of the leader that says so.</param>
/// <param name="Index">A committed entry.</param>
/// <param name="Term">That entry's term.</param>
/// <param name="Members">The members as of that entry.</param>
internal sealed record ReplicaStanding(
    Term LeaderTerm, LogIndex Index, Term Term, ImmutableArray<Member> Members)
{
    /// <summary>Whether a node is a member, with a vote or without.</summary>
    public bool Has(NodeId node) => Members.Any(member => member.Id == node);

    /// <summary>Those that vote.</summary>
    public IEnumerable<NodeId> Voters =>
        Members.Where(static member => member.IsVoter).Select(static (Member member) => member.Id);
}
