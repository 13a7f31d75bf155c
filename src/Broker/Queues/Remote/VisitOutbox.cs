using Warren.Broker.Connections;
using Warren.Broker.Turns;
using Warren.Cluster;

namespace Warren.Broker.Queues.Remote;

/// <summary>The outbox of another node's clients: no loop writes it, everything goes to the visit's own turn.</summary>
internal sealed class VisitOutbox(ITurnScheduler turns, QueueVisit visit) : Outbox(turns, static () => { })
{
    /// <summary>The node whose clients they are.</summary>
    public NodeId Visitor => visit.Visitor;

    public override void Post(ReadOnlySpan<OutboxItem> items) => visit.Post(items);
}
