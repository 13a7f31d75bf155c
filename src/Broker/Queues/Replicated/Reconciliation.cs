using System.Collections.Immutable;
using Warren.Broker.Definitions;
using Warren.Cluster;
using Warren.Cluster.Consensus;
using Warren.Cluster.Groups;

namespace Warren.Broker.Queues.Replicated;

/// <summary>
/// The members of a queue's group follow those that the definitions wish for. A leader takes one step at a time: it
/// adds a node that is up, lets it vote when it has caught up, and removes who is not wished for when all who are can
/// vote; who is not in the cluster any more goes at once. A leader that is not wished for hands over, and its successor
/// removes it. Owned by the queue's turn.
/// <para>A member that was removed hears of it from whoever leads, and gives up what it has only then, when the removal
/// is committed. It keeps all if it has the entry that says so: it can have that only if it was added again since, and
/// then what it has acknowledged counts.</para>
/// </summary>
internal sealed class Reconciliation(ReplicatedQueue queue, ILeaderAnnouncer announcer, CatchUps catchUps, NodeId self)
{
    /// <summary>When a step that others hold up is tried again.</summary>
    private const long AgainMs = 100;

    /// <summary>When it is looked again whether a node is up that is to be added.</summary>
    private const long LookMs = 2000;

    /// <summary>Who has not come on for so long while it catches up makes room for others.</summary>
    private const long StandsStillMs = 30_000;

    private ReplicaStanding? _standing;
    private ReplicaStanding? _told;
    private Membership? _announced;
    private Membership? _settled;
    private QueueDefinition? _settledBy;
    private long _handsOverUntilMs;
    private bool _catchesUp;
    private long _caughtUpTo;
    private long _stillSinceMs;
    private NodeId _asked;
    private ReplicaStanding? _gaveUpBy;

    /// <summary>The members, while this one leads; null: it does not, or does not know yet. Any thread.</summary>
    public ReplicaStanding? Standing => Volatile.Read(ref _standing);

    private ImmutableArray<NodeId> Wished => queue.Definition.Members;

    /// <summary>A leader says which members the queue has.</summary>
    public void Told(ReplicaStanding standing)
    {
        if (_told is null || standing.Index >= _told.Index)
            _told = standing;
    }

    /// <summary>Takes the next step; true if the group is to carry something out.</summary>
    public bool Tend(RaftGroup group)
    {
        if (!group.IsLeader)
        {
            End();
            return GiveUpIfRemoved(group);
        }
        if (!group.MayDecide)
            return false;
        // One that votes alone leads before anything of it is durable.
        if (group.View.IsChanging || group.View.CommitTerm != group.Term)
            return false;
        Announce(group);
        // Else it may go by what was wished for before, and not know who is in the cluster by now.
        if (queue.Node.Definitions.HasLease)
            return Step(group);
        // Without one are all groups of a node at once.
        queue.TickAt(queue.NowMs + LookMs);
        return false;
    }

    /// <summary>It leads no more, or is gone.</summary>
    public void End()
    {
        Volatile.Write(ref _standing, null);
        _announced = null;
        _settled = null;
        EndCatchUp();
    }

    private void Announce(RaftGroup group)
    {
        if (ReferenceEquals(_announced, group.Members) && _standing!.LeaderTerm == group.Term)
            return;
        _announced = group.Members;
        Volatile.Write(
            ref _standing,
            new ReplicaStanding(group.Term, group.Commit, group.View.CommitTerm, [.. group.Members.Members]));
        announcer.TellMembers(queue, _standing!);
    }

    private bool Step(RaftGroup group)
    {
        Membership members = group.Members;
        if (ReferenceEquals(_settled, members) && ReferenceEquals(_settledBy, queue.Definition))
            return false;
        if (LetVote(group) || RemoveAnyOf(group, mayBeMissed: false) || Add(group))
            return true;
        bool allVote = Wished.All(members.IsVoter);
        if (!Wished.Any(node => members.Contains(node) && !members.IsVoter(node) && announcer.IsUp(node))
            || HasStoodStill(group))
            EndCatchUp();
        // With as many votes as there may be nobody is let vote before somebody goes.
        if ((allVote || members.Voters >= queue.MostVoters) && RemoveAnyOf(group, mayBeMissed: true))
            return true;
        if (allVote && members.Members.Length == Wished.Length)
        {
            (_settled, _settledBy) = (members, queue.Definition);
            return false;
        }
        return (allVote || !IsInCluster(self)) && !Wished.Contains(self) && HandOver(group);
    }

    private bool LetVote(RaftGroup group)
    {
        foreach (NodeId node in Wished)
        {
            if (group.Members.Contains(node) && !group.Members.IsVoter(node)
                && Change(group, MembershipChangeKind.Promote, node))
                return true;
        }
        return false;
    }

    private bool Add(RaftGroup group)
    {
        foreach (NodeId node in Wished)
        {
            if (group.Members.Contains(node) || !IsInCluster(node))
                continue;
            if (!announcer.IsUp(node))
            {
                queue.TickAt(queue.NowMs + LookMs);
                continue;
            }
            if (!_catchesUp)
                (_caughtUpTo, _stillSinceMs) = (0, queue.NowMs);
            if (!_catchesUp && !(_catchesUp = catchUps.TryTake()))
            {
                queue.TickAt(queue.NowMs + AgainMs);
                return false;
            }
            return Change(group, MembershipChangeKind.AddLearner, node);
        }
        return false;
    }

    // Who does not vote yet, or is not in the cluster any more, is missed by nobody; others only once all who are
    // wished for have come in their place. One that leaves in order, and is still there, until those of them that are
    // there can vote.
    private bool RemoveAnyOf(RaftGroup group, bool mayBeMissed)
    {
        foreach (Member member in group.Members.Members)
        {
            bool isMissed = member.IsVoter && (IsInCluster(member.Id)
                || (announcer.IsUp(member.Id) && SomeoneCatchesUp(group.Members)));
            if (!Wished.Contains(member.Id) && member.Id != self && (mayBeMissed || !isMissed)
                && CanGoOnWithout(group.Members, member) && Change(group, MembershipChangeKind.Remove, member.Id))
                return true;
        }
        return false;
    }

    private bool IsInCluster(NodeId node) => queue.Node.Nodes.Members.ContainsKey(node);

    private bool SomeoneCatchesUp(Membership members) =>
        Wished.Any(node => !members.IsVoter(node) && announcer.IsUp(node));

    // A majority of the others is there, counts, has all, and stays: a leader that has just been elected does not know
    // yet who does not, and who is about to be forgotten will not be there.
    private bool CanGoOnWithout(Membership members, Member gone)
    {
        if (!gone.IsVoter)
            return true;
        int left = members.Voters - 1;
        int up = 0;
        foreach (Member member in members.Members)
        {
            if (member.IsVoter && member.Id != gone.Id
                && (member.Id == self || (announcer.IsUp(member.Id) && IsInCluster(member.Id)
                    && queue.InStep.Contains(member.Id))))
                up++;
        }
        if (up > left / 2)
            return true;
        queue.TickAt(queue.NowMs + AgainMs);
        return false;
    }

    private bool HandOver(RaftGroup group)
    {
        queue.TickAt(queue.NowMs + AgainMs);
        if (queue.NowMs < _handsOverUntilMs || group.View.IsHandingOver)
            return false;
        // Who was asked last has not taken it: another one first.
        NodeId next = Wished.Where(group.Members.IsVoter).Where(announcer.IsUp)
            .Where(node => group.View.ProgressOf(node).IsSound)
            .OrderBy(node => node == _asked ? 1 : 0)
            .ThenBy(node => queue.Node.Maintenance.Includes(node) || queue.Node.Disks?.MayLead(node) == false ? 1 : 0)
            .ThenByDescending(node => group.View.ProgressOf(node).Match.Value)
            .FirstOrDefault();
        if (next.IsNone || !group.TransferLeadership(next))
            return false;
        _asked = next;
        _handsOverUntilMs = queue.NowMs + LookMs;
        return true;
    }

    // What cannot be done now is tried again.
    private bool Change(RaftGroup group, MembershipChangeKind kind, NodeId node)
    {
        ChangeOutcome outcome = group.ChangeMembers(new MembershipChange(kind, node));
        if (outcome == ChangeOutcome.Proposed)
            return true;
        if (outcome is ChangeOutcome.TooEarly or ChangeOutcome.Busy or ChangeOutcome.NotCaughtUp)
            queue.TickAt(queue.NowMs + AgainMs);
        return false;
    }

    private bool GiveUpIfRemoved(RaftGroup group)
    {
        if (_told is not { } told || Wished.Contains(self) || told.Has(self))
            return false;
        // What has come since it gave up, whole or not, came when it was added again: only a later word is of that.
        bool hasNothing = group.Soundness == Soundness.NeedsSnapshot && !group.View.IsBroughtAll;
        if (_gaveUpBy is { } last && (hasNothing || told.Index <= last.Index))
            return false;
        if (group.Soundness == Soundness.Sound && group.View.Has(told.Index, told.Term))
            return false;
        _gaveUpBy = told;
        queue.Report(LogLevel.Info, "this node is no member of it any more, and lets go what it had of it");
        group.GiveUp();
        return true;
    }

    // A member that does not come on must not keep others from it for good.
    private bool HasStoodStill(RaftGroup group)
    {
        if (!_catchesUp)
            return false;
        long match = 0;
        foreach (Member member in group.Members.Members)
            match += member.IsVoter ? 0 : group.View.ProgressOf(member.Id).Match.Value;
        if (match != _caughtUpTo)
            (_caughtUpTo, _stillSinceMs) = (match, queue.NowMs);
        return queue.NowMs - _stillSinceMs > StandsStillMs;
    }

    private void EndCatchUp()
    {
        if (_catchesUp)
            catchUps.Release();
        _catchesUp = false;
    }
}
