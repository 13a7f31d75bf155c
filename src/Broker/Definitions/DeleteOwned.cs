using Warren.Broker.Queues;

namespace Warren.Broker.Definitions;

/// <summary>
/// A connection is about to end, or has: its exclusive queues go with it, also one whose declaration is on its way.
/// Whoever is told may rely on their names being free, on every node that serves.
/// </summary>
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
        foreach (QueueDefinition queue in store.Publisher.Owned.Leave(_connectionId))
            store.Remove(queue);
        // Else this runs again when it is known what has become of the declaration.
        if (store.Route.Proposals.DeclarationOf(_connectionId) is { } declaration)
            declaration.Follow(store.Runs.Current!);
        else if (_done is not null)
            store.Answers.WhenGone(_done);
    }

    internal override DefinitionsChange? Remainder => new DeleteOwned(_connectionId, null);

    // The connection ends all the same; its queues go when they can.
    internal override void Fail(string reason) => _done?.Invoke();
}
