using System.Collections.Immutable;
using Warren.Amqp;
using Warren.Broker.Arguments;
using Warren.Broker.Channels;
using Warren.Broker.Definitions.Entries;
using Warren.Broker.Queues;
using Warren.Broker.Queues.Remote;
using Warren.Broker.Security;
using Warren.Broker.Topology;
using Warren.Cluster;

namespace Warren.Broker.Definitions;

/// <summary>
/// queue.declare of a queue that was not there, or not yet on disk, when the channel looked, or may have gone.
/// </summary>
internal sealed class DeclareQueue : DefinitionsChange
{
    private readonly DeclaredRequest _request;
    private readonly QueueDefinition? _closed;

    /// <param name="request">Whose.</param>
    /// <param name="closed">Has answered that it is closed: its definition is about to go.</param>
    public DeclareQueue(DeclaredRequest request, QueueDefinition? closed = null)
    {
        _request = request;
        _closed = closed;
    }

    internal override void Fail(string reason) => _request.Fail(Refusals.NotNow(reason));

    internal override void Apply(DefinitionsStore store) =>
        store.Attempt(_request, () => ApplyChecked(store));

    private void ApplyChecked(DefinitionsStore store)
    {
        QueueDeclaration declaration = _request.Declaration;
        Vhost vhost = store.FindVhost(declaration.Vhost) ?? throw Refusals.NoVhost(declaration.Vhost);
        if (vhost.Queues.TryGetValue(declaration.Name, out QueueDefinition? present))
        {
            if (present.Id == _closed?.Id)
            {
                store.Runs.AwaitPublish();
                return;
            }
            // Somebody else was quicker: compare with his, and ask for its counts.
            CheckAgainst(
                present, declaration, vhost.DefaultQueueType ?? store.Broker.Options.DefaultQueueType,
                store.Broker.Options.RelaxesQuorumRedeclaration);
            store.Answers.WhenDurable(
                _request,
                DefinitionKey.OfQueue(present.Vhost, present.Name),
                () =>
                {
                    _request.Asked = present;
                    present.Home.Post(QueueCommand.Status(_request, touches: !declaration.IsPassive));
                });
            return;
        }
        if (declaration.IsPassive)
        {
            throw new AmqpException(
                ReplyCode.NotFound,
                $"no {ResourceName.Describe(ResourceKind.Queue, declaration.Name, declaration.Vhost)}");
        }
        long? limit = store.Broker.Security.LimitsOf(vhost.Name).MaxQueues;
        if (vhost.Queues.Count >= limit)
            throw Refusals.QueueLimit(declaration.Name, vhost.Name, limit.Value);
        // Its owner is gone already, and what he owned was deleted before this came: nobody would delete it any more.
        if (declaration.Exclusive && !store.Publisher.Owned.MayOwn(declaration.ConnectionId))
            return;
        // The channel saw a queue and compared with that; it has gone since.
        ValidQueue valid = declaration.Valid ?? Validate(
            vhost.Name,
            declaration.Name,
            declaration.Durable,
            declaration.Exclusive,
            declaration.AutoDelete,
            declaration.Arguments,
            vhost.DefaultQueueType ?? store.Broker.Options.DefaultQueueType,
            store.Broker.Options);
        QueueEntry entry = EntryOf(store.Broker, store.Broker.Topology, declaration, valid) with
        {
            WithinLimit = limit is not null,
        };
        store.Commit(entry);
        store.Answers.WhenDurable(_request, entry.Key, () => Answer(store));
    }

    // What is one connection's alone went with its node's session, if that was over before anybody could be told: it is
    // declared anew, unless the connection goes too.
    private void Answer(DefinitionsStore store)
    {
        QueueDeclaration declaration = _request.Declaration;
        QueueDefinition? made = null;
        store.FindVhost(declaration.Vhost)?.Queues.TryGetValue(declaration.Name, out made);
        if (declaration.Exclusive && made?.IsOwnedBy(declaration.ConnectionId) != true)
            store.Post(new DeclareQueue(_request));
        else
            _request.Succeed(new QueueDeclareOk(declaration.Name, 0, 0));
    }

    /// <summary>What a checked declaration comes to.</summary>
    internal static QueueEntry EntryOf(
        MessageBroker broker, TopologySnapshot topology, QueueDeclaration declaration, ValidQueue valid)
    {
        ImmutableArray<NodeId> members =
            QueuePlacement.MembersOf(broker, topology, declaration, valid.Type, valid.Arguments);
        NodeId home = members.IsEmpty
            ? QueuePlacement.HomeOf(broker, topology, declaration, valid.Type, valid.Arguments)
            : NodeId.None;
        return new QueueEntry
        {
            Vhost = declaration.Vhost,
            Name = declaration.Name,
            Type = valid.Type,
            Durable = declaration.Durable,
            AutoDelete = declaration.AutoDelete,
            OwnerConnectionId = declaration.Exclusive ? declaration.ConnectionId : 0,
            HomeNode = home,
            OfMember = !home.IsNone,
            Members = members,
            DeclaredArguments = valid.Arguments,
        };
    }

    /// <summary>What a queue with these properties would be; throws if there can be none.</summary>
    internal static ValidQueue Validate(
        string vhost, string name, bool durable, bool exclusive, bool autoDelete, FieldTable arguments,
        string defaultType, BrokerOptions options)
    {
        ValidQueue valid = QueueArguments.Validate(
            vhost, name, durable, exclusive, autoDelete, arguments, defaultType, options);
        if (valid.Type != QueueType.Stream)
            return valid;
        throw new AmqpException(
            ReplyCode.NotImplemented,
            $"stream queues are not built yet: {ResourceName.Describe(ResourceKind.Queue, name, vhost)}",
            closesConnection: false);
    }

    /// <summary>Throws if the queue that is there is not the one declared.</summary>
    internal static void CheckAgainst(
        QueueDefinition present, QueueDeclaration declaration, string defaultQueueType, bool relaxesQuorum = false)
    {
        if (present.OwnerConnectionId != 0 && !present.IsOwnedBy(declaration.ConnectionId))
            throw QueueEquivalence.Locked(present.Name, present.Vhost);
        if (declaration.IsPassive)
            return;
        if (declaration.Exclusive != (present.OwnerConnectionId != 0))
            throw QueueEquivalence.Locked(present.Name, present.Vhost);
        QueueEquivalence.Check(
            present, declaration.Durable, declaration.Exclusive, declaration.AutoDelete,
            declaration.Arguments, defaultQueueType, relaxesQuorum);
    }
}
