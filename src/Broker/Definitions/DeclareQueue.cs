using Warren.Broker.Arguments;
using Warren.Broker.Channels;
using Warren.Broker.Queues;
using Warren.Broker.Security;
using Warren.Broker.Topology;
using Warren.Amqp;

namespace Warren.Broker.Definitions;

/// <summary>queue.declare of a queue that was not there when the channel looked.</summary>
internal sealed class DeclareQueue : DefinitionsChange
{
    private readonly DeclaredRequest _request;

    public DeclareQueue(DeclaredRequest request) => _request = request;

    internal override void Apply(DefinitionsStore store) =>
        DefinitionsStore.Attempt(_request, () => ApplyChecked(store));

    private void ApplyChecked(DefinitionsStore store)
    {
        QueueDeclaration declaration = _request.Declaration;
        Vhost vhost = store.FindVhost(declaration.Vhost) ?? throw Refusals.NoVhost(declaration.Vhost);
        if (vhost.Queues.TryGetValue(declaration.Name, out QueueDefinition? present))
        {
            // Somebody else was quicker: compare with his, and ask for its counts.
            CheckAgainst(present, declaration, vhost.DefaultQueueType ?? store.Broker.Options.DefaultQueueType);
            _request.PassOn(false);
            present.Home.Post(QueueCommand.Status(_request, touches: true));
            return;
        }
        long? limit = store.Broker.Security.LimitsOf(vhost.Name).MaxQueues;
        if (vhost.Queues.Count >= limit)
            throw Refusals.QueueLimit(declaration.Name, vhost.Name, limit.Value);
        store.Create(vhost, declaration);
        _request.Succeed(new QueueDeclareOk(declaration.Name, 0, 0));
    }

    /// <summary>Throws if the queue that is there is not the one declared.</summary>
    internal static void CheckAgainst(QueueDefinition present, QueueDeclaration declaration, string defaultQueueType)
    {
        if (present.OwnerConnectionId != 0 && present.OwnerConnectionId != declaration.ConnectionId)
            throw QueueEquivalence.Locked(present.Name, present.Vhost);
        if (declaration.IsPassive)
            return;
        if (declaration.Exclusive != (present.OwnerConnectionId != 0))
            throw QueueEquivalence.Locked(present.Name, present.Vhost);
        QueueEquivalence.Check(
            present, declaration.Durable, declaration.Exclusive, declaration.AutoDelete, declaration.Arguments, defaultQueueType);
    }
}
