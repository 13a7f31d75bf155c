using Warren.Broker.Definitions;
using Warren.Cluster.Consensus;

namespace Warren.Broker.Tests.Cluster.Nodes;

/// <summary>
/// Lets a blank node join, learner and then voter, or forgets one that has joined, unless queues need it; tries again
/// until it is done, whoever leads.
/// </summary>
internal sealed class MembershipOperator(NodesSimulation world)
{
    /// <summary>So long, in steps, it is waited for groups to go on without a node before that is started again.
    /// </summary>
    private const long MoveSteps = 800;

    private SimulatedNode? _node;
    private MembershipChangeKind _kind;
    private Task<ChangeOutcome>? _changing;
    private Task<bool>? _withdrawing;
    private bool _isWithdrawn;
    private long _askedAt;
    private long _withdrawnAt;
    private SimulatedNode? _asked;

    public bool IsIdle => _node is null;

    private bool IsLost => _asked!.Broker is null || world.Cluster.Network.Now - _askedAt > 4000;

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
        if (_changing is null && _withdrawing is null)
        {
            if (world.Cluster.Leader is { } leader && world.Random.Next(20) == 0)
                Begin(leader, node);
            return;
        }
        if (_withdrawing is { } withdrawing)
        {
            if (!withdrawing.IsCompleted && !IsLost)
                return;
            _withdrawing = null;
            if (withdrawing.IsCompletedSuccessfully && !withdrawing.Result)
            {
                // Refused: it stays.
                _node = null;
                Return(node);
            }
            _isWithdrawn = withdrawing.IsCompletedSuccessfully && withdrawing.Result;
            _withdrawnAt = world.Cluster.Network.Now;
            return;
        }
        if (!_changing!.IsCompleted && !IsLost)
            return;
        ChangeOutcome outcome = _changing.IsCompleted ? _changing.Result : ChangeOutcome.Busy;
        _changing = null;
        if (outcome is ChangeOutcome.Proposed or ChangeOutcome.AlreadySo)
            GoOn(node);
    }

    // As the command does it: a node that runs is not forgotten, nor one that queues need or of which it has the only
    // copy, nor one on which they still count: such a one is started once more.
    private void Begin(SimulatedNode leader, SimulatedNode node)
    {
        if (_kind != MembershipChangeKind.Remove)
        {
            Ask(leader, node);
            return;
        }
        if (_isWithdrawn)
        {
            if (leader.Broker!.Cluster.QueuesWithMemberOn(node.Id).IsEmpty)
                Ask(leader, node);
            else if (world.Cluster.Network.Now - _withdrawnAt > MoveSteps)
            {
                // By its start it is a member as before.
                Return(node);
                _isWithdrawn = false;
                _node = null;
            }
            return;
        }
        if (!leader.Broker!.Cluster.QueuesThatNeed(node.Id, helps: false).IsEmpty)
        {
            Return(node);
            // It may have been withdrawn by a change whose answer was lost; then it goes on when others have all.
            if (leader.Broker.Nodes.Members.ContainsKey(node.Id))
                _node = null;
            return;
        }
        node.StaysDown = true;
        node.Crash();
        // Whoever leads next is asked.
        if (node == leader)
            return;
        _withdrawing = leader.Broker.Cluster.WithdrawAsync(node.Id);
        _asked = leader;
        _askedAt = world.Cluster.Network.Now;
    }

    private static void Return(SimulatedNode node)
    {
        if (!node.StaysDown)
            return;
        node.StaysDown = false;
        node.Start();
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
                _isWithdrawn = false;
                node.Forget();
                break;
        }
        _node = null;
    }
}
