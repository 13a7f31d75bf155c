namespace Warren.Faults.Clusters;

/// <summary>What clients know of a cluster's definitions, and how it answered them.</summary>
internal sealed class DefinitionNames
{
    /// <summary>The exchange that queues are bound to, each by its own name.</summary>
    public const string Exchange = "amq.topic";

    private readonly Lock _lock = new();
    private readonly List<string> _recent = [];

    public NameLedger Queues { get; } = new("queues");

    /// <summary>By their queues.</summary>
    public NameLedger Bindings { get; } = new("bindings");

    public NameLedger Users { get; } = new("users");

    /// <summary>What all clients were answered.</summary>
    public Answers Answers { get; } = new();

    /// <summary>Changes that were answered with ok.</summary>
    public int Answered => Queues.Answered + Bindings.Answered + Users.Answered;

    /// <summary>A queue that others may ask for.</summary>
    public void Tell(string queue)
    {
        lock (_lock)
        {
            if (_recent.Count >= 200)
                _recent.RemoveAt(0);
            _recent.Add(queue);
        }
    }

    /// <summary>A queue that somebody has changed lately; null: there is none.</summary>
    public string? Recent(Random random)
    {
        lock (_lock)
            return _recent.Count == 0 ? null : _recent[random.Next(_recent.Count)];
    }
}
