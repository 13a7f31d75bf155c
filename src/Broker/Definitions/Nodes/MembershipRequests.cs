using Warren.Cluster;
using Warren.Cluster.Consensus;
using Warren.Cluster.Groups;
using Warren.Storage;

namespace Warren.Broker.Definitions.Nodes;

/// <summary>
/// Changes of the members and transfers of leadership on their way: tried until they are proposed, then watched until
/// they are committed, or time is over. Owned by the definitions' turn.
/// </summary>
internal sealed class MembershipRequests(MessageBroker broker, int patienceMs)
{
    private readonly List<Change> _changes = [];
    private readonly List<(NodeId To, long StartedMs, TaskCompletionSource<bool> Done)> _transfers = [];

    public void Add(in MembershipChange change, TaskCompletionSource<ChangeOutcome> done) =>
        _changes.Add(new Change(change, done, broker.NowMs));

    public void Add(NodeId to, TaskCompletionSource<bool> done) => _transfers.Add((to, broker.NowMs, done));

    public void Drive(RaftGroup group)
    {
        foreach (Change change in _changes)
            Drive(group, change);
        _changes.RemoveAll(static change => change.Done.Task.IsCompleted);
        foreach ((NodeId to, long startedMs, TaskCompletionSource<bool> done) in _transfers)
        {
            if (group.Leader == to)
                done.TrySetResult(true);
            else if (broker.NowMs - startedMs > patienceMs)
                done.TrySetResult(false);
        }
        _transfers.RemoveAll(static transfer => transfer.Done.Task.IsCompleted);
    }

    private void Drive(RaftGroup group, Change change)
    {
        if (!group.IsLeader)
        {
            change.Done.TrySetResult(ChangeOutcome.NotLeader);
            return;
        }
        if (change.ProposedAt.Value > 0)
        {
            if (group.Term != change.Term)
                change.Done.TrySetResult(ChangeOutcome.NotLeader);
            else if (group.Commit >= change.ProposedAt)
                change.Done.TrySetResult(ChangeOutcome.Proposed);
            else if (broker.NowMs - change.StartedMs > patienceMs)
                change.Done.TrySetResult(ChangeOutcome.Busy);
            return;
        }
        ChangeOutcome outcome = Propose(group, change.What);
        if (outcome == ChangeOutcome.Proposed)
        {
            change.ProposedAt = group.LastIndex;
            change.Term = group.Term;
            return;
        }
        bool mayPass = outcome is ChangeOutcome.TooEarly or ChangeOutcome.Busy or ChangeOutcome.NotCaughtUp;
        if (!mayPass || broker.NowMs - change.StartedMs > patienceMs)
            change.Done.TrySetResult(outcome);
    }

    private static ChangeOutcome Propose(RaftGroup group, in MembershipChange change)
    {
        if (change.Kind == MembershipChangeKind.Promote && group.IsAlone)
        {
            // What a group of one has applied, all know to be committed when it comes back with another voter: queues
            // have their groups in the node log already.
            if (group.Commit < group.LastIndex)
                return ChangeOutcome.TooEarly;
            group.NoteCommit();
        }
        return group.ChangeMembers(change);
    }

    private sealed class Change(
        MembershipChange what, TaskCompletionSource<ChangeOutcome> done, long startedMs)
    {
        public MembershipChange What => what;

        public TaskCompletionSource<ChangeOutcome> Done => done;

        public long StartedMs => startedMs;

        public LogIndex ProposedAt { get; set; }

        public Term Term { get; set; }
    }
}
