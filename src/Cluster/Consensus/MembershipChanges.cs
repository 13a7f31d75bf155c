using Warren.Storage;

namespace Warren.Cluster.Consensus;

/// <summary>
/// One member at a time, by the thesis's section 4.1 with the correction of 2015: only behind an entry of the leader's
/// own term that is committed. Without it two leaders in a row could each change a membership that the other does not
/// know, and two majorities need not meet.
/// </summary>
internal sealed class MembershipChanges(RaftNode node)
{
    public ChangeOutcome Propose(in MembershipChange change)
    {
        if (!node.IsLeader)
            return ChangeOutcome.NotLeader;
        ChangeOutcome outcome = Next(change, out Membership next);
        if (outcome != ChangeOutcome.Proposed)
            return outcome;
        if (!node.HasCommittedInTerm && !Planted.Is(PlantedBug.ChangeBeforeOwnCommit))
            return ChangeOutcome.TooEarly;
        bool isPending = node.Log.MembersIndex > node.Log.Commit && !Planted.Is(PlantedBug.TwoChangesAtOnce);
        if (isPending || !node.TransferTo.IsNone)
            return ChangeOutcome.Busy;
        if (!CanCommit(next))
            return ChangeOutcome.NotCaughtUp;
        node.Replication.Append(next);
        return ChangeOutcome.Proposed;
    }

    private ChangeOutcome Next(in MembershipChange change, out Membership next)
    {
        Membership members = node.Members;
        NodeId id = change.Member;
        next = members;
        switch (change.Kind)
        {
            case MembershipChangeKind.AddLearner:
                if (members.Contains(id))
                    return ChangeOutcome.AlreadySo;
                if (id.IsNone || members.Members.Length == Membership.Most)
                    return ChangeOutcome.Impossible;
                next = members.With(new Member(id, IsVoter: false));
                return ChangeOutcome.Proposed;
            case MembershipChangeKind.Promote:
                if (!members.Contains(id))
                    return ChangeOutcome.Unknown;
                if (members.IsVoter(id))
                    return ChangeOutcome.AlreadySo;
                if (members.Voters >= node.Options.Voters)
                    return ChangeOutcome.Impossible;
                next = members.With(new Member(id, IsVoter: true));
                return HasCaughtUp(id) ? ChangeOutcome.Proposed : ChangeOutcome.NotCaughtUp;
            default:
                if (!members.Contains(id))
                    return ChangeOutcome.AlreadySo;
                if (members.IsVoter(id) && members.Voters == 1)
                    return ChangeOutcome.Impossible;
                next = members.Without(id);
                return ChangeOutcome.Proposed;
        }
    }

    /// <summary>
    /// The next members could commit the change, as far as is known: else a leader that removes itself could leave
    /// members behind of whom none can be elected, and a new leader could shrink into a majority of which the one
    /// before, which is dead, would be.
    /// </summary>
    private bool CanCommit(Membership next)
    {
        int able = 0;
        foreach (Member member in next.Members)
        {
            if (member.IsVoter && (member.Id == node.Self || (node.Replication.Find(member.Id) is { } progress
                && node.Replication.HasHeardOf(progress))))
                able++;
        }
        return able >= next.Majority;
    }

    /// <summary>As a voter it would not hold up the next commit.</summary>
    private bool HasCaughtUp(NodeId id) =>
        node.Replication.Find(id) is { IsActive: true, State: ProgressState.Replicate } progress
        && progress.Counted >= node.Log.Commit;
}
