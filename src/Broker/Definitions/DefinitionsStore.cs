using Warren.Amqp;
using Warren.Broker.Channels;
using Warren.Broker.Queues;
using Warren.Broker.Topology;
using Warren.Broker.Turns;
using Warren.Storage;

namespace Warren.Broker.Definitions;

/// <summary>
/// The one writer of the topology: applies changes one after another in its turn and publishes each new snapshot with
/// one reference write. Owns the list of what connections own exclusively.
/// Invariant: a queue is in the snapshot from before its first command until after its machine closed.
/// </summary>
public sealed class DefinitionsStore : Mailbox<DefinitionsStore.Item>
{
    private readonly MessageBroker _broker;
    private readonly Dictionary<long, List<QueueDefinition>> _owned = [];
    private long _lastQueueId;

    internal DefinitionsStore(MessageBroker broker)
        : base(broker.Turns) => _broker = broker;

    internal MessageBroker Broker => _broker;

    /// <summary>A change in the mailbox.</summary>
    public readonly record struct Item(DefinitionsChange Change);

    internal void Post(DefinitionsChange change) => Post(new Item(change));

    /// <summary>
    /// Deletes the exclusive queues of a connection; <paramref name="done"/> is called when they are gone.
    /// </summary>
    internal void DeleteOwned(long connectionId, Action? done) => Post(new DeleteOwned(connectionId, done));

    /// <summary>
    /// Takes up what is durable, before anybody is served; <paramref name="group"/> is null in a new directory.
    /// </summary>
    internal void Open(NodeLog log, RecoveredGroup? group)
    {
        ArgumentNullException.ThrowIfNull(_broker);
        _lastQueueId = 1000;
    }

    protected override void Handle(ReadOnlySpan<Item> batch)
    {
        foreach (Item item in batch)
            item.Change.Apply(this);
    }

    /// <summary>The vhost, or null if it was deleted.</summary>
    internal Vhost? FindVhost(string name) =>
        _broker.Topology.Vhosts.TryGetValue(name, out Vhost? vhost) ? vhost : null;

    internal void Publish(Vhost vhost) => _broker.Topology = _broker.Topology.With(vhost);

    /// <summary>Makes a queue and its machine, and puts it into the vhost.</summary>
    internal QueueDefinition Create(Vhost vhost, QueueDeclaration declaration)
    {
        var id = new QueueId(++_lastQueueId);
        var home = new Queue(_broker, declaration.Vhost, declaration.Valid!.Settings);
        var definition = new QueueDefinition
        {
            Id = id,
            Vhost = declaration.Vhost,
            Name = declaration.Name,
            Type = declaration.Valid.Type,
            Durable = declaration.Durable,
            AutoDelete = declaration.AutoDelete,
            OwnerConnectionId = declaration.Exclusive ? declaration.ConnectionId : 0,
            Arguments = declaration.Valid.Arguments,
            Settings = declaration.Valid.Settings,
            Home = home,
        };
        home.Definition = definition;
        if (_broker.Storage is { } log && definition.IsStored)
            home.Open(log, null);
        home.ScheduleTick();
        if (declaration.Exclusive)
        {
            if (!_owned.TryGetValue(declaration.ConnectionId, out List<QueueDefinition>? owned))
                _owned.Add(declaration.ConnectionId, owned = []);
            owned.Add(definition);
        }
        Publish(vhost.WithQueue(definition));
        return definition;
    }

    /// <summary>Takes a queue out, with its bindings and the auto-delete exchanges that lost their last one.</summary>
    internal void Remove(QueueDefinition definition)
    {
        if (FindVhost(definition.Vhost) is not { } vhost
            || !vhost.Queues.TryGetValue(definition.Name, out QueueDefinition? present)
            || present.Id != definition.Id)
            return;
        Publish(vhost.WithoutQueue(definition.Name).Vhost);
        if (definition.OwnerConnectionId != 0
            && _owned.TryGetValue(definition.OwnerConnectionId, out List<QueueDefinition>? owned))
            owned.Remove(definition);
    }

    /// <summary>What a connection owned, which is owned no more.</summary>
    internal List<QueueDefinition> TakeOwned(long connectionId) =>
        _owned.Remove(connectionId, out List<QueueDefinition>? owned) ? owned : [];

    /// <summary>Applies a client's change, and tells its request if it was the client's mistake.</summary>
    internal static void Attempt(ChannelRequest request, Action change)
    {
        try
        {
            change();
        }
        catch (AmqpException error)
        {
            request.Fail(error);
        }
    }
}
