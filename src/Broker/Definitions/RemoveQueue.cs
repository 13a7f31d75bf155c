using Warren.Broker.Queues;

namespace Warren.Broker.Definitions;

/// <summary>A queue has closed: its definition goes.</summary>
internal sealed class RemoveQueue : DefinitionsChange
{
    private readonly QueueDefinition _queue;
    private readonly Action? _done;

    public RemoveQueue(QueueDefinition queue, Action? done)
    {
        _queue = queue;
        _done = done;
    }

    internal override void Apply(DefinitionsStore store)
    {
        store.Remove(_queue);
        _done?.Invoke();
    }
}
