namespace Warren.Broker.Tests.Cluster.Nodes;

/// <summary>A consumer of a queue that has one active consumer at a time; times in steps.</summary>
internal sealed class ActiveConsumer(string queue, string name, SimulatedConnection connection, long began)
{
    public string Queue => queue;

    /// <summary>What it is called.</summary>
    public string Name => name;

    public SimulatedNode Node => connection.Node;

    public long Began => began;

    /// <summary>When its client was told that it is there; 0: it was not.</summary>
    public long ConfirmedAt { get; set; }

    /// <summary>When it got something last, as far as that says that it is the active one; 0: never.</summary>
    public long ActiveAt { get; set; }

    /// <summary>Its client has let it go, or was told of its end, or its node is gone.</summary>
    public bool IsOver => _isOver || connection.IsOver;

    private bool _isOver;

    public void End() => _isOver = true;
}
