using System.Collections.Concurrent;
using System.Collections.Immutable;
using Warren.Cluster;
using Warren.Cluster.Consensus;
using Warren.Cluster.Groups;
using Warren.Storage;

namespace Warren.Broker.Queues.Replicated;

/// <summary>
/// This node's members of replicated queues. Called in the definitions' turn, and by a start before there are turns.
/// </summary>
/// <param name="broker">The node's.</param>
/// <param name="setup">The cluster's.</param>
/// <param name="clients">Who brings clients to members that lead.</param>
internal sealed class QueueReplication(MessageBroker broker, ClusterSetup setup, IReplicatedClients clients)
    : IReplication
{
    private readonly ConcurrentDictionary<long, ReplicatedQueue> _members = new();

    /// <summary>Members on this node.</summary>
    public IEnumerable<ReplicatedQueue> Members => _members.Values;

    /// <summary>The member of a queue; null: this node has none.</summary>
    public ReplicatedQueue? Find(QueueId queue) => _members.GetValueOrDefault(queue.Value);

    /// <inheritdoc/>
    public QueueHome MakeHome(
        MessageBroker broker, string vhost, QueueSettings settings, ImmutableArray<NodeId> members) =>
        clients.MakeHome(vhost, settings, members);

    /// <inheritdoc/>
    public bool TryRecover(NodeLog log, RecoveredGroup found, QueueDefinition queue)
    {
        if (!queue.Members.Contains(setup.Self))
            return false;
        MemberOf(queue).Recover(log, found);
        return true;
    }

    /// <inheritdoc/>
    public void Created(QueueDefinition queue, QueueOrigin origin)
    {
        if (!queue.Members.Contains(setup.Self))
            return;
        ReplicatedQueue member = MemberOf(queue);
        member.Join(broker.Storage!, origin switch
        {
            QueueOrigin.Applied => RaftGroupStart.Found(
                setup.Self, new Membership(queue.Members.Select(static node => new Member(node, IsVoter: true)))),
            QueueOrigin.Compacted => RaftGroupStart.Lost(setup.Self),
            _ => RaftGroupStart.Join(setup.Self),
        });
        if (origin == QueueOrigin.Applied && queue.Members[0] == setup.Self)
            member.LeadFirst();
    }

    /// <inheritdoc/>
    public void Removed(QueueDefinition queue)
    {
        if (_members.TryRemove(queue.Id.Value, out ReplicatedQueue? member))
            member.DropLog();
    }

    /// <inheritdoc/>
    public void Configured(QueueDefinition queue, QueueSettings settings) =>
        Find(queue.Id)?.Post(QueueCommand.Configure(settings));

    private ReplicatedQueue MemberOf(QueueDefinition queue) => _members.GetOrAdd(
        queue.Id.Value,
        static (_, made) => new ReplicatedQueue(
            made.Broker, made.Queue.Vhost, made.Queue.Home.Settings, made.Setup, made.Clients)
        {
            Definition = made.Queue,
        },
        (Broker: broker, Queue: queue, Setup: setup, Clients: clients));
}
