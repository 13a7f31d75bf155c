using Warren.Broker.Queues;

namespace Warren.Broker.Definitions;

/// <summary>Exclusive queues of this node's connections, in its session. Owned by the definitions' turn.</summary>
internal sealed class OwnedQueues(MessageBroker broker)
{
    private readonly Dictionary<long, List<QueueDefinition>> _owned = [];

    public void Add(QueueDefinition queue)
    {
        if (queue.OwnerConnectionId == 0)
            return;
        if (!_owned.TryGetValue(queue.OwnerConnectionId, out List<QueueDefinition>? owned))
            _owned.Add(queue.OwnerConnectionId, owned = []);
        owned.Add(queue);
    }

    public void Remove(QueueDefinition queue)
    {
        if (_owned.TryGetValue(queue.OwnerConnectionId, out List<QueueDefinition>? owned))
            owned.Remove(queue);
    }

    public List<QueueDefinition> Take(long connectionId) =>
        _owned.Remove(connectionId, out List<QueueDefinition>? owned) ? owned : [];

    /// <summary>They are all gone: whoever owned one is told so by the end of the connection.</summary>
    public void CloseOwners(string reason)
    {
        foreach ((long connectionId, List<QueueDefinition> queues) in _owned)
        {
            if (queues.Count > 0)
                broker.Connections.Close(connectionId, reason);
        }
        _owned.Clear();
    }

    /// <summary>A queue has come to a connection: it goes again if the connection is gone.</summary>
    public void Check(long connectionId)
    {
        if (!broker.Connections.Contains(connectionId))
            broker.Definitions.DeleteOwned(connectionId, null);
    }
}
