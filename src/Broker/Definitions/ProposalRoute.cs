using Warren.Broker.Definitions.Entries;
using Warren.Cluster;
using Warren.Cluster.Groups;
using Warren.Cluster.Peers;
using Warren.Storage;

namespace Warren.Broker.Definitions;

/// <summary>
/// Which way this node's proposals go: into the log, if it leads, else to the leader; and all of them again when
/// another leads, or they may have been lost. Owned by the definitions' turn.
/// </summary>
/// <param name="store">Whose.</param>
/// <param name="peers">Null: there are no others.</param>
internal sealed class ProposalRoute(DefinitionsStore store, IPeers? peers)
{
    private (NodeId Leader, Term Term) _sentTo;

    public Proposals Proposals { get; } = new();

    public void Add(DefinitionsEntry entry, long expected, long session, PendingChange? run)
    {
        // It would take the first number of the session that comes, and all that follows would not be the next.
        if (session == 0 && peers is not null)
            throw new InvalidOperationException("a change is proposed by a node without a session");
        Proposals.Add(new Proposal(entry, expected, session, Proposals.NextNumber(), run));
        if (run is not null)
            run.Outstanding++;
    }

    /// <summary>What was sent may be lost.</summary>
    public void SendAgain() => _sentTo = default;

    public void Drive(DefinitionsReplica replica)
    {
        RaftGroup group = store.Group;
        if (_sentTo != (group.Leader, group.Term))
        {
            _sentTo = (group.Leader, group.Term);
            Proposals.SendAgain();
        }
        if (group.IsLeader)
            ProposeHere(group, replica);
        else if (peers is not null && !group.Leader.IsNone)
            Proposals.SendTo(group.Leader, peers);
    }

    private void ProposeHere(RaftGroup group, DefinitionsReplica replica)
    {
        while (group.MayDecide && Proposals.TryPeekUnsent(out Proposal proposal))
        {
            bool isThere = proposal.Number <= DefinitionsState.NumberOf(replica.Proposed(), proposal.Session);
            if (!isThere && !replica.TryPropose(proposal.Logged))
                return;
            Proposals.Sent();
        }
    }
}
