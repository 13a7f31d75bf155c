using Warren.Broker.Queues;

namespace Warren.Broker.Definitions;

/// <summary>Exclusive queues of this node's connections, in its session. Owned by the definitions' turn.</summary>
internal sealed class OwnedQueues(MessageBroker broker)
{
    private readonly Dictionary<long, List<QueueDefinition>> _owned = [];
    // Connections that have begun to end and are there still: they get no queue any more.
    private readonly HashSet<long> _leaving = [];

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
        if (_owned.TryGetValue(queue.OwnerConnectionId, out List<QueueDefinition>? owned)
            && owned.Remove(queue) && owned.Count == 0)
            _owned.Remove(queue.OwnerConnectionId);
    }

    /// <summary>A connection ends: what it owns, and nothing is added to that but what is on its way.</summary>
    public QueueDefinition[] Leave(long connectionId)
    {
        if (broker.Connections.Contains(connectionId))
            _leaving.Add(connectionId);
        else
            _leaving.Remove(connectionId);
        return _owned.TryGetValue(connectionId, out List<QueueDefinition>? owned) ? [.. owned] : [];
    }

    /// <summary>The connection is there, and has not begun to end.</summary>
    public bool MayOwn(long connectionId) =>
        !_leaving.Contains(connectionId) && broker.Connections.Contains(connectionId);

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

    /// <summary>A queue has come to a connection: it goes again if the connection is gone, or is about to.</summary>
    public void Check(long connectionId)
    {
        if (!MayOwn(connectionId))
            broker.Definitions.DeleteOwned(connectionId, null);
    }
}
