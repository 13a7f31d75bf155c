using Warren.Amqp;
using Warren.Broker.Arguments;
using Warren.Broker.Definitions;
using Warren.Broker.Definitions.Entries;
using Warren.Broker.Queues;
using Warren.Broker.Security;
using Warren.Broker.Topology;

namespace Warren.Broker.Operations;

/// <summary>An operator declares a queue: as queue.declare, with nobody's permissions in the way.</summary>
internal sealed class OperatorDeclare(QueueDeclaration declaration) : DefinitionsChange
{
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends when the queue is there to stay; fails with what a client would have been told.</summary>
    public Task Task => _done.Task;

    internal override void Fail(string reason) => _done.TrySetException(Refusals.NotNow(reason));

    internal override void Apply(DefinitionsStore store)
    {
        try
        {
            Declare(store);
        }
        catch (AmqpException error)
        {
            if (!store.LooksAgain())
                _done.TrySetException(error);
        }
    }

    private void Declare(DefinitionsStore store)
    {
        Vhost vhost = store.FindVhost(declaration.Vhost) ?? throw Refusals.NoVhost(declaration.Vhost);
        string defaultType = vhost.DefaultQueueType ?? store.Broker.Options.DefaultQueueType;
        if (vhost.Queues.TryGetValue(declaration.Name, out QueueDefinition? present))
        {
            DeclareQueue.CheckAgainst(
                present, declaration, defaultType, store.Broker.Options.RelaxesQuorumRedeclaration);
            store.Answers.WhenDurable(DefinitionKey.OfQueue(present.Vhost, present.Name), _done.SetResult);
            return;
        }
        ResourceName.CheckNew(ResourceKind.Queue, declaration.Name);
        long? limit = store.Broker.Security.LimitsOf(vhost.Name).MaxQueues;
        if (vhost.Queues.Count >= limit)
            throw Refusals.QueueLimit(declaration.Name, vhost.Name, limit.Value);
        ValidQueue valid = DeclareQueue.Validate(
            vhost.Name, declaration.Name, declaration.Durable, exclusive: false, declaration.AutoDelete,
            declaration.Arguments, defaultType, store.Broker.Options);
        QueueEntry entry = DeclareQueue.EntryOf(store.Broker, store.Broker.Topology, declaration, valid) with
        {
            WithinLimit = limit is not null,
        };
        store.Commit(entry);
        store.Answers.WhenDurable(entry.Key, _done.SetResult);
    }
}
