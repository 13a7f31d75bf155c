using Warren.Broker.Alarms;
using Warren.Cluster;
using Warren.Cluster.Groups;
using Warren.Cluster.Peers;

namespace Warren.Broker.Queues.Replicated;

/// <summary>
/// How a member gives its leadership away: while its node stops, is under maintenance, or has a disk that others do
/// better without, and who is told of it (it may lead again when none of these holds); or to one that is better placed,
/// since a node with clients reaches this one by others alone (docs/decisions/0022-leaders-out-of-reach.md). Owned by
/// the queue's turn.
/// </summary>
/// <param name="queue">The member's.</param>
/// <param name="peers">Who can be reached.</param>
internal sealed class LeadershipHandover(ReplicatedQueue queue, IPeers peers)
{
    /// <summary>
    /// A leader that serves gives away for the sake of its place no sooner than this after it has begun, or has tried:
    /// links that come and go do not have a queue led by another every second.
    /// </summary>
    private const long LeastServiceMs = 3000;

    private bool _isWithdrawn;
    private Handover? _handover;
    private LeadershipReturns? _returns;
    private long _triedAtMs = long.MinValue / 2;

    private DiskFitness? Disks => queue.Node.Disks;

    /// <summary>There is nothing to hand over: the queue is gone.</summary>
    public static void Refuse(in QueueCommand command) =>
        ((LeadershipReturns?)command.Target)?.Ended(isHandedOver: false);

    /// <summary>
    /// <see cref="QueueCommandKind.HandOver"/>, <see cref="QueueCommandKind.Unreached"/>.
    /// </summary>
    public void Handle(in QueueCommand command, RaftGroup group)
    {
        if (command.Kind == QueueCommandKind.Unreached)
        {
            Move((NodeId)command.Target!, group);
            return;
        }
        bool isOfDisks = command.IsOfDisks;
        bool leavesToOthers = Disks?.LeavesToOthers(group.Members) == true;
        // What an operator has begun, and is told of, goes on as it is.
        bool goesOn = isOfDisks && _handover is not null && (_returns is not null || leavesToOthers);
        if (!isOfDisks)
            _isWithdrawn = command.Flag;
        Handover.SetBarred(group, _isWithdrawn || leavesToOthers);
        if (goesOn)
            return;
        Abandon();
        if (isOfDisks ? !leavesToOthers || !group.IsLeader : !command.Flag)
            return;
        _handover = new Handover(group, MayLead, queue.Node.Maintenance.Includes);
        _returns = (LeadershipReturns?)command.Target;
        _returns?.Begun(group.IsLeader);
    }

    /// <summary>In each turn, before the group is flushed.</summary>
    public void Drive()
    {
        if (_handover is not { } handover)
            return;
        handover.Drive();
        if (!handover.IsOver)
            return;
        _returns?.Ended(handover.IsDone);
        (_handover, _returns) = (null, null);
    }

    /// <summary>It is over for another reason.</summary>
    public void Abandon()
    {
        _returns?.Ended(isHandedOver: false);
        (_handover, _returns) = (null, null);
    }

    private bool MayLead(NodeId node) => peers.IsUp(node) && Disks?.MayLead(node) != false;

    // Each move is to a member that reaches more nodes, so that none is moved back while the links stay as they are.
    private void Move(NodeId client, RaftGroup group)
    {
        long begunMs = queue.Leading?.BegunMs ?? long.MinValue / 2;
        if (_handover is not null || !group.IsLeader || peers.IsUp(client)
            || queue.NowMs - Math.Max(begunMs, _triedAtMs) < LeastServiceMs)
            return;
        int reached = queue.Node.Nodes.Sessions.Keys.Count(node => node == peers.Self || peers.IsUp(node));
        bool IsBetterPlaced(NodeId member) => MayLead(member)
            && !queue.Node.Maintenance.Includes(member) && peers.Reaches(member, client)
            && queue.Node.Nodes.Sessions.Keys.Count(node => node == member || peers.Reaches(member, node)) > reached;
        if (!queue.InStep.Any(IsBetterPlaced))
            return;
        _triedAtMs = queue.NowMs;
        _handover = new Handover(
            group, member => queue.InStep.Contains(member) && IsBetterPlaced(member), static _ => false);
        queue.Report(
            LogLevel.Info,
            $"the node {queue.Node.QueueLinks?.NameOf(client)}, which has clients, does not reach this one, which "
            + "leads, but for others: one that both reach is to lead");
    }
}
