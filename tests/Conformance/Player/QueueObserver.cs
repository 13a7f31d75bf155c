namespace Warren.Conformance.Player;

/// <summary>
/// Asks the queues of a scenario how they are, over a connection that the transcript does not show. A queue answers
/// after it has dealt with all that was sent to it before, which is how the player knows that nothing is on its way.
/// Exclusive queues are asked by the connection that owns them.
/// </summary>
public sealed class QueueObserver(Endpoint endpoint, string virtualHost) : IDisposable
{
    private readonly SortedDictionary<string, Conversation?> _queues = new(StringComparer.Ordinal);
    private Conversation? _own;

    /// <summary>Off while being asked would keep a queue from expiring.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>A queue of the scenario was declared; the owner is given when it is exclusive.</summary>
    public void Declared(string queue, Conversation connection, bool exclusive)
    {
        if (connection.VirtualHost == virtualHost)
            _queues[queue] = exclusive ? connection : null;
    }

    /// <summary>Asks every known queue and forgets those that are gone.</summary>
    public void AskAll()
    {
        if (!Enabled)
            return;
        foreach (string queue in _queues.Keys.ToList())
        {
            if (Ask(queue) is null)
                _queues.Remove(queue);
        }
    }

    /// <summary>Messages ready and consumers of a queue, or null when it does not exist.</summary>
    public (long Ready, long Consumers)? Ask(string queue)
    {
        Conversation? owner = _queues.GetValueOrDefault(queue);
        if (owner is { Over: true })
            owner = null;
        return (owner ?? Own()).Ask(queue);
    }

    public void Dispose() => _own?.Dispose();

    private Conversation Own()
    {
        if (_own is { Over: false })
            return _own;
        _own = new Conversation("observer", endpoint, virtualHost);
        _own.Handshake(new Dictionary<string, string>());
        return _own;
    }
}
