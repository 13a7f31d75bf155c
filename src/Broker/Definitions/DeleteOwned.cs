using Warren.Broker.Queues;

namespace Warren.Broker.Definitions;

/// <summary>A connection is over: its exclusive queues go with it.</summary>
internal sealed class DeleteOwned : DefinitionsChange
{
    private readonly long _connectionId;
    private readonly Action? _done;

    public DeleteOwned(long connectionId, Action? done)
    {
        _connectionId = connectionId;
        _done = done;
    }

    internal override void Apply(DefinitionsStore store)
    {
        foreach (QueueDefinition queue in store.TakeOwned(_connectionId))
            store.Remove(queue);
        if (_done is not null)
            store.WhenApplied(_done);
    }

    internal override DefinitionsChange? Remainder => new DeleteOwned(_connectionId, null);

    // The connection ends all the same; its queues go when they can.
    internal override void Fail(string reason) => _done?.Invoke();
}
