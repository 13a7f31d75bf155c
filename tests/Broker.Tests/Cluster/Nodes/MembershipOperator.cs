using Warren.Broker.Definitions;
using Warren.Cluster.Consensus;

namespace Warren.Broker.Tests.Cluster.Nodes;

/// <summary>
/// Lets a blank node join, learner and then voter, or forgets one that has joined; tries again until it is done,
/// whoever leads.
/// </summary>
internal sealed class MembershipOperator(NodesSimulation world)
{
    private SimulatedNode? _node;
    private MembershipChangeKind _kind;
    private Task<ChangeOutcome>? _changing;
    private long _askedAt;
    private SimulatedNode? _asked;

    public bool IsIdle => _node is null;

    /// <summary>A node joins, or one that has joined goes.</summary>
    public void Begin()
    {
        if (_node is not null)
            return;
        _node = world.Cluster.Nodes.FirstOrDefault(node => node is { IsJoiner: true, IsForgotten: false });
        _kind = MembershipChangeKind.Remove;
        if (_node is not null)
            return;
        _node = world.Cluster.AddNode();
        _node.Start();
        _kind = MembershipChangeKind.AddLearner;
    }

    public void Step()
    {
        if (_node is not { } node)
            return;
        if (_changing is null)
        {
            if (world.Cluster.Leader is { } leader && world.Random.Next(20) == 0)
                Ask(leader, node);
            return;
        }
        bool isLost = _asked!.Broker is null || world.Cluster.Network.Now - _askedAt > 4000;
        if (!_changing.IsCompleted && !isLost)
            return;
        ChangeOutcome outcome = _changing.IsCompleted ? _changing.Result : ChangeOutcome.Busy;
        _changing = null;
        if (outcome is ChangeOutcome.Proposed or ChangeOutcome.AlreadySo)
            GoOn(node);
    }

    private void Ask(SimulatedNode leader, SimulatedNode node)
    {
        var done = new TaskCompletionSource<ChangeOutcome>();
        var change = new MembershipChange(_kind, node.Id);
        leader.Store.Post(new TurnEvent(() => leader.Store.Leader!.ChangeMembers(change, done)));
        _changing = done.Task;
        _asked = leader;
        _askedAt = world.Cluster.Network.Now;
    }

    private void GoOn(SimulatedNode node)
    {
        switch (_kind)
        {
            case MembershipChangeKind.AddLearner:
                _kind = MembershipChangeKind.Promote;
                return;
            case MembershipChangeKind.Promote:
                world.Report.Joined++;
                break;
            default:
                world.Report.Forgotten++;
                node.Forget();
                break;
        }
        _node = null;
    }
}
