using Warren.Broker.Definitions;
using Warren.Broker.Definitions.Entries;
using Warren.Broker.Queues;
using Warren.Broker.Topology;

namespace Warren.Broker.Delays;

/// <summary>
/// Nothing waits any more at a delayed exchange that is gone: what kept its messages goes, unless the exchange is there
/// again by then.
/// </summary>
internal sealed class RemoveDelayStore(QueueDefinition store) : DefinitionsChange
{
    // It is looked at again.
    internal override void Fail(string reason)
    {
    }

    internal override void Apply(DefinitionsStore definitions)
    {
        if (definitions.FindVhost(store.Vhost) is not { } vhost
            || !vhost.TryFindQueueOrStore(store.Name, out QueueDefinition? now) || now.Id != store.Id
            || DelayStore.IsWanted(vhost, now))
            return;
        definitions.Commit(new RemovalEntry(DefinitionKey.OfQueue(store.Vhost, store.Name)) { IfUnused = true });
    }
}
