using Warren.Broker.Alarms;
using Warren.Cluster;
using Warren.Cluster.Groups;

namespace Warren.Broker.Queues.Replicated;

/// <summary>
/// How a member gives its leadership away while its node stops, is under maintenance, or has a disk that others do
/// better without, and who is told of it. It may lead again when none of these holds. Owned by the queue's turn.
/// </summary>
/// <param name="broker">The node's.</param>
/// <param name="isUp">Whether a node can be reached.</param>
internal sealed class LeadershipHandover(MessageBroker broker, Func<NodeId, bool> isUp)
{
    private bool _isWithdrawn;
    private Handover? _handover;
    private LeadershipReturns? _returns;

    private DiskFitness? Disks => broker.Disks;

    /// <summary>There is nothing to hand over: the queue is gone.</summary>
    public static void Refuse(in QueueCommand command) =>
        ((LeadershipReturns?)command.Target)?.Ended(isHandedOver: false);

    /// <summary><see cref="QueueCommandKind.HandOver"/>.</summary>
    public void Handle(in QueueCommand command, RaftGroup group)
    {
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
        _handover = new Handover(group, node => isUp(node) && Disks?.MayLead(node) != false);
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
}
