using System.Collections.Immutable;
using Warren.Broker.Queues;
using Warren.Broker.Queues.Remote;
using Warren.Broker.Queues.Replicated;
using Warren.Cluster;
using Warren.Storage;

namespace Warren.Broker.Tests.Cluster;

/// <summary>
/// Replicates nothing: a queue lives on its first member. Keeps what the definitions tell, and that it is told as it
/// must be.
/// </summary>
internal sealed class TestReplication(MessageBroker broker) : IReplication
{
    private readonly Dictionary<long, QueueOrigin> _origins = [];
    private readonly Dictionary<long, ImmutableArray<NodeId>> _members = [];

    /// <summary>Those that are there, and how they have come.</summary>
    public IReadOnlyDictionary<long, QueueOrigin> Origins => _origins;

    /// <summary>Those that have gone.</summary>
    public HashSet<long> Gone { get; } = [];

    public QueueHome MakeHome(
        MessageBroker broker, string vhost, QueueSettings settings, ImmutableArray<NodeId> members) =>
        members[0] == broker.QueueLinks!.Self
            ? new Queue(broker, settings)
            : new RemoteQueue(broker, broker.QueueLinks, members[0], settings);

    public void Created(QueueDefinition queue, QueueOrigin origin)
    {
        Require(queue.IsReplicated, $"{queue.Name} is not replicated");
        Require(_origins.TryAdd(queue.Id.Value, origin), $"{queue.Name} is created twice");
        _members[queue.Id.Value] = queue.Members;
        Require(!Gone.Contains(queue.Id.Value), $"{queue.Name} comes back");
        Require(broker.AllQueues().Any(one => one.Id == queue.Id), $"{queue.Name} is not published");
    }

    public void Configured(QueueDefinition queue, QueueSettings settings) =>
        Require(queue.IsReplicated, $"{queue.Name} is not replicated");

    public void MembersChanged(QueueDefinition queue)
    {
        Require(_members.ContainsKey(queue.Id.Value), $"{queue.Name} is to have other members and was not there");
        Require(!_members[queue.Id.Value].SequenceEqual(queue.Members), $"{queue.Name} is to have the same members");
        _members[queue.Id.Value] = queue.Members;
    }

    public void Told(QueueId queue, ReplicaStanding standing)
    {
    }

    public void Told(QueueId queue, TimeNews news)
    {
    }

    public int Count => 0;

    public ReplicatedQueue? Find(QueueId queue) => null;

    public Task<HandedOver> HandOverAsync(TimeSpan limit) => Task.FromResult(default(HandedOver));

    public void DisksChanged(bool leadersOnly)
    {
    }

    public void LeadAgain()
    {
        // Nothing leads.
    }

    public bool TryRecover(NodeLog log, RecoveredGroup found, QueueDefinition queue) => false;

    public void Removed(QueueDefinition queue)
    {
        Require(_origins.Remove(queue.Id.Value), $"{queue.Name} goes and was not there");
        Gone.Add(queue.Id.Value);
        Require(
            broker.AllQueues().All(one => one.Id != queue.Id), $"{queue.Name} is gone and is still published");
    }

    /// <summary>What is published is what was told, when none of the node's turns is under way.</summary>
    public void Check()
    {
        long[] published = [.. broker.AllQueues().Where(queue => queue.IsReplicated).Select(queue => queue.Id.Value)];
        Require(
            published.Order().SequenceEqual(_origins.Keys.Order()),
            $"told {string.Join(' ', _origins.Keys.Order())}, published {string.Join(' ', published.Order())}");
        foreach (QueueDefinition queue in broker.AllQueues().Where(queue => queue.IsReplicated))
        {
            Require(_members[queue.Id.Value].SequenceEqual(queue.Members), $"{queue.Name} has members unheard of");
            Require(queue.Home.Definition == queue, $"{queue.Name} and its home go by two definitions");
            Require(
                queue.HomeNode == broker.Nodes.HomeOf(queue.Members), $"{queue.Name} is shown on {queue.HomeNode}");
        }
    }

    private void Require(bool holds, string what)
    {
        if (!holds)
            throw new InvalidOperationException($"{broker.Options.NodeName}: {what}");
    }
}
