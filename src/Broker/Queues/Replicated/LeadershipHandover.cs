using Warren.Cluster;
using Warren.Cluster.Groups;

namespace Warren.Broker.Queues.Replicated;

/// <summary>
/// How a member gives its leadership away while its node stops or is under maintenance, and who is told of it. Owned by
/// the queue's turn.
/// </summary>
/// <param name="isUp">Whether a node can be reached.</param>
/// <param name="isLast">Whether a node is asked only when there is no other.</param>
internal sealed class LeadershipHandover(Func<NodeId, bool> isUp, Func<NodeId, bool> isLast)
{
    private Handover? _handover;
    private LeadershipReturns? _returns;

    /// <summary>There is nothing to hand over: the queue is gone.</summary>
    public static void Refuse(in QueueCommand command) =>
        ((LeadershipReturns?)command.Target)?.Ended(isHandedOver: false);

    /// <summary><see cref="QueueCommandKind.HandOver"/>.</summary>
    public void Handle(in QueueCommand command, RaftGroup group)
    {
        Abandon();
        Handover.SetBarred(group, command.Flag);
        if (!command.Flag)
            return;
        _handover = new Handover(group, isUp, isLast);
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
