using Warren.Conformance.Player;

namespace Warren.Conformance.Harness;

/// <summary>A broker that the tests talk to; disposing ends it if the harness started it.</summary>
public abstract class RunningBroker : IDisposable
{
    /// <summary>Where it listens.</summary>
    public abstract Endpoint Endpoint { get; }

    /// <summary>True for Warren, which is expected to differ from RabbitMQ 3.10 where the scenarios say so.</summary>
    public abstract bool IsWarren { get; }

    /// <summary>Null when the node can be restarted, otherwise why not.</summary>
    public abstract string? CannotRestart { get; }

    /// <summary>Stops the node at once, starts it again and returns when it accepts clients.</summary>
    public abstract void Restart();

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected abstract void Dispose(bool disposing);
}
