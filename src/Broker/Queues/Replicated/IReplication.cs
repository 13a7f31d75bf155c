using System.Collections.Immutable;
using Warren.Cluster;
using Warren.Storage;

namespace Warren.Broker.Queues.Replicated;

/// <summary>
/// The replicated queues of a node, as the definitions' turn sees them (docs/decisions/0013-replicated-queues.md). All
/// calls but that of a start are in that turn, which must not be held up.
/// </summary>
internal interface IReplication
{
    /// <summary>
    /// Where commands for such a queue are posted on this node. What it is made for may never be published: nothing
    /// outside it may know of it before <see cref="Created"/>.
    /// </summary>
    /// <param name="broker">This node's.</param>
    /// <param name="vhost">The queue's.</param>
    /// <param name="settings">Its policies' included.</param>
    /// <param name="members">
    /// As the queue's entry names them, the first was to lead. Some may be in the cluster no more.
    /// </param>
    QueueHome MakeHome(
        MessageBroker broker, string vhost, QueueSettings settings, ImmutableArray<NodeId> members);

    /// <summary>
    /// A queue is part of what is published now: once for each queue and process. At a start it comes when the whole
    /// log has been read, for all queues that there are by then, before anything new. Its home's definition is replaced
    /// when it is shown on another node.
    /// </summary>
    void Created(QueueDefinition queue, QueueOrigin origin);

    /// <summary>
    /// A queue that was created is to have other members: this node makes its member if it has none and is to be one.
    /// If it is not to be one any more, its member stays until its group has removed it.
    /// </summary>
    void MembersChanged(QueueDefinition queue);

    /// <summary>Who leads a queue says which members it has; any thread.</summary>
    void Told(QueueId queue, ReplicaStanding standing);

    /// <summary>
    /// Somebody says what time it is in a queue, or asks; who has no member of it knows nothing. Any thread.
    /// </summary>
    void Told(QueueId queue, TimeNews news);

    /// <summary>A queue that was created is part of it no more: its group goes with what it holds.</summary>
    void Removed(QueueDefinition queue);

    /// <summary>Its policies have changed.</summary>
    void Configured(QueueDefinition queue, QueueSettings settings);

    /// <summary>
    /// A start has found the group of a queue that is defined, whoever is to be its members; false: nobody wants it,
    /// and it goes.
    /// </summary>
    bool TryRecover(NodeLog log, RecoveredGroup found, QueueDefinition queue);

    /// <summary>Members on this node. Any thread.</summary>
    int Count { get; }

    /// <summary>This node's member of a queue; null: it has none. Any thread.</summary>
    ReplicatedQueue? Find(QueueId queue);

    /// <summary>
    /// Hands over every leadership of this node's members and lets none of them lead before <see cref="LeadAgain"/>,
    /// also those that come. Any thread; ends when all are led by other nodes, or nobody has taken them over in time.
    /// </summary>
    Task<HandedOver> HandOverAsync(TimeSpan limit);

    /// <summary>This node's members may lead again. Any thread.</summary>
    void LeadAgain();

    /// <summary>
    /// This node's disk, or others', make or unmake a reason not to lead (<see cref="Alarms.DiskFitness"/>). Any
    /// thread.
    /// </summary>
    /// <param name="leadersOnly">Only members that lead and serve are told: they have been told before.</param>
    void DisksChanged(bool leadersOnly);
}
