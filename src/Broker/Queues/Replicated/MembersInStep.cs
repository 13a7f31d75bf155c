using System.Collections.Immutable;
using Warren.Cluster;
using Warren.Cluster.Consensus;
using Warren.Cluster.Groups;
using Warren.Storage;

namespace Warren.Broker.Queues.Replicated;

/// <summary>
/// Which members have all that a leader had committed a moment ago: under load everybody is a little behind. Owned by
/// the queue's turn, but for what others may read.
/// </summary>
internal sealed class MembersInStep
{
    /// <summary>How long a member may take for what it is given; up to twice as long is overlooked.</summary>
    private const long MomentMs = 500;

    private ImmutableArray<NodeId>[] _nodes = [[]];
    private LogIndex _before;
    private LogIndex _since;
    private long _sinceMs;

    /// <summary>The leader itself among them; none: this member does not lead. Any thread.</summary>
    public ImmutableArray<NodeId> Nodes => Volatile.Read(ref _nodes)[0];

    /// <summary>The end of a turn.</summary>
    public void Look(RaftGroup group, NodeId self, long nowMs)
    {
        if (!group.IsLeader)
        {
            if (!Nodes.IsEmpty)
                Volatile.Write(ref _nodes, [[]]);
            (_before, _since) = (default, default);
            return;
        }
        if (nowMs - _sinceMs >= MomentMs)
            (_before, _since, _sinceMs) = (_since, group.Commit, nowMs);
        // Most of the time nothing has changed, and nothing is made anew.
        ImmutableArray<NodeId> known = Nodes;
        int place = 0;
        bool isNews = false;
        foreach (Member member in group.Members.Members)
        {
            if (!IsInStep(group, member.Id, self))
                continue;
            isNews |= place >= known.Length || known[place] != member.Id;
            place++;
        }
        if (!isNews && place == known.Length)
            return;
        var nodes = ImmutableArray.CreateBuilder<NodeId>(place);
        foreach (Member member in group.Members.Members)
        {
            if (IsInStep(group, member.Id, self))
                nodes.Add(member.Id);
        }
        Volatile.Write(ref _nodes, [nodes.ToImmutable()]);
    }

    private bool IsInStep(RaftGroup group, NodeId member, NodeId self)
    {
        if (member == self)
            return true;
        (LogIndex match, bool isSound) = group.View.ProgressOf(member);
        // At first, when there is no moment ago, all of it.
        return isSound && match >= (_before.Value > 0 ? _before : group.Commit);
    }
}
