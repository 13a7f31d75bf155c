using System.Collections.Immutable;
using Warren.Broker.Definitions;
using Warren.Cluster;
using Warren.Cluster.Consensus;
using Warren.Cluster.Groups;
using Warren.Cluster.Incidents;
using Warren.Storage;

namespace Warren.Broker.Queues.Replicated;

/// <summary>
/// What a leader does that cannot read what it has, while other members can: it serves nobody any more, so that nothing
/// goes out in front of that; gives the leadership to a member that has all; then lets go what it has, as after a start
/// that finds damage, and is brought a fresh copy. Owned by the queue's turn.
/// <para>In that order: an unsound member has no vote, and where only just a majority is there nobody could be elected
/// without it. It votes by what it had, which is known to it, so that whoever it helps to lead has that.</para>
/// </summary>
internal sealed class MemberDamage(ReplicatedQueue queue, ILeaderAnnouncer announcer, NodeId self)
{
    /// <summary>When what others hold up is tried again.</summary>
    private const long AgainMs = 100;

    /// <summary>
    /// If each that is asked to lead finds something of its own, they ask one another ever less often, up to this.
    /// </summary>
    private const long LongestMs = 6400;

    /// <summary>When the leader is asked again which members count.</summary>
    private const long LookMs = 500;

    /// <summary>
    /// So often others are asked to lead, over six seconds in all: then nobody does better, since they miss something
    /// themselves, or are not to lead.
    /// </summary>
    private const int MostHandovers = 6;

    private UnreadableEntry? _found;
    private NodeId _asked;
    private int _handovers;
    private long _nextMs;
    private Term _followed;
    private long _sinceMs;
    private bool _isKept;
    private long _nextAskMs;
    private Term _servesOn;

    /// <summary>Something was found, and this member still counts.</summary>
    public bool IsFound => _found is not null;

    /// <summary>
    /// Nobody has taken the lead from this member in this term: it serves with what it has, without what it cannot
    /// read.
    /// </summary>
    public bool ServesOn(RaftGroup group) => group.IsLeader && _servesOn == group.Term;

    /// <summary>
    /// A leader has found something; false: it is the only one who has the queue, or nobody takes it over.
    /// </summary>
    public bool Note(RaftGroup group, UnreadableEntry entry)
    {
        if (!group.IsLeader || group.Members.Voters == 1 || ServesOn(group))
            return false;
        if (_found is not null)
            return true;
        _found = entry;
        (_asked, _handovers, _nextMs, _followed, _isKept) = (default, 0, 0, default, false);
        queue.Report(
            LogLevel.Warning,
            $"{entry}: nothing is delivered in front of it, and this member gives its leadership up to one that has "
            + "all. 'warren storage check' tells what else is damaged on this node");
        return true;
    }

    /// <summary>Goes on with it; true if the group is to carry something out.</summary>
    public bool Tend(RaftGroup group)
    {
        // Nobody else has the queue any more: it is served as it is; or a leader brings it all already.
        if (group.Members.Voters == 1 || group.Soundness != Soundness.Sound)
        {
            _found = null;
            return true;
        }
        if (group.IsLeader)
            return HandOver(group);
        if (group.Leader.IsNone || group.View.CommitTerm != group.Term)
            return false;
        // This member is no voter while it is brought all, and there may be others that are none.
        if (!CanGoOnWithout(group))
        {
            KeepVote(group);
            return false;
        }
        UnreadableEntry entry = _found!.Value;
        _found = null;
        group.BecomeUnsound(entry.ToString());
        return true;
    }

    private bool HandOver(RaftGroup group)
    {
        if (HasLeft(group))
            return true;
        queue.TickAt(Math.Max(_nextMs, queue.NowMs + AgainMs));
        if (queue.NowMs < _nextMs || group.View.IsHandingOver)
            return false;
        if (_handovers >= MostHandovers)
            return ServeOn(group);
        // Who was asked last has not taken it: another one first.
        NodeId next = OtherVoters(group.Members)
            .Where(node => announcer.IsUp(node) && group.View.ProgressOf(node).IsSound)
            .OrderBy(node => node == _asked ? 1 : 0)
            .ThenBy(node => queue.Node.Disks?.MayLead(node) == false ? 1 : 0)
            .ThenByDescending(node => group.View.ProgressOf(node).Match.Value)
            .FirstOrDefault();
        // Also that there is nobody to ask counts: one who comes back may take a moment.
        _nextMs = queue.NowMs + Math.Min(LongestMs, AgainMs << Math.Min(_handovers++, 10));
        if (next.IsNone || !group.TransferLeadership(next))
            return false;
        _asked = next;
        return true;
    }

    private bool ServeOn(RaftGroup group)
    {
        UnreadableEntry entry = _found!.Value;
        (_found, _servesOn) = (null, group.Term);
        ReplicaReports.Note(
            queue, IncidentKind.DamagedMember,
            $"{entry}, and no other member takes the lead: this one goes on without what it cannot read, which stays "
            + "in its log and in those of the others",
            "Have a member lead that can read it ('rabbitmq-queues transfer_leadership'); 'warren storage check' tells "
            + "what else is damaged on this node");
        return true;
    }

    private bool CanGoOnWithout(RaftGroup group)
    {
        List<NodeId> others = OtherVoters(group.Members);
        if (others.Count < group.Members.Majority)
            return false;
        if (_followed != group.Term)
            (_followed, _sinceMs, _nextAskMs) = (group.Term, queue.NowMs, queue.NowMs);
        // Each question goes to all nodes, which look at all that they lead.
        if (queue.NowMs < _nextAskMs)
            return false;
        _nextAskMs = queue.NowMs + (queue.NowMs - _sinceMs < LookMs ? AgainMs : LookMs);
        ImmutableArray<NodeId> inStep = announcer.AskInStep(queue, _sinceMs);
        return others.Count(inStep.Contains) >= group.Members.Majority;
    }

    private List<NodeId> OtherVoters(Membership members)
    {
        var others = new List<NodeId>();
        foreach (Member member in members.Members)
        {
            if (member.IsVoter && member.Id != self)
                others.Add(member.Id);
        }
        return others;
    }

    // Until others are there; or, of two members, until what cannot be read has left the queue.
    private void KeepVote(RaftGroup group)
    {
        if (HasLeft(group))
            return;
        bool isFirst = queue.NowMs - _sinceMs < LookMs;
        queue.TickAt(queue.NowMs + (isFirst ? AgainMs : LookMs));
        if (_isKept || isFirst)
            return;
        _isKept = true;
        queue.Report(
            LogLevel.Warning,
            "another member leads, and there is no majority without this one: it gets no fresh copy before there is, "
            + "since it would have no vote meanwhile");
    }

    // It was acknowledged, or went otherwise: nobody misses it here.
    private bool HasLeft(RaftGroup group)
    {
        LogIndex index = _found!.Value.Index;
        if (index > group.Applied || queue.Replica.IsLive(index.Value))
            return false;
        _found = null;
        queue.Report(LogLevel.Info, "what this member could not read has left the queue");
        return true;
    }
}
