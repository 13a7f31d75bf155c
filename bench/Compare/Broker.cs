namespace Warren.Compare;

/// <summary>
/// A broker that is started afresh for every round, on a port and in a directory of its own, and discarded after it, so
/// that what one scenario leaves behind (memory, above all) is not counted in the next. Within a scenario it may be
/// stopped or killed and started again with what it has in its directory.
/// </summary>
internal abstract class Broker(string name) : IDisposable
{
    internal string Name { get; } = name;

    /// <summary>Where clients go.</summary>
    internal abstract string Address { get; }

    /// <summary>The process whose processor time and memory are counted.</summary>
    internal abstract int ProcessId { get; }

    /// <summary>Where the broker keeps what has to survive it.</summary>
    internal abstract string DataDirectory { get; }

    /// <summary>Starts the process; returns how long it took until its port answered.</summary>
    internal abstract TimeSpan Start();

    /// <summary>Stops the process as an operator would; its directory stays.</summary>
    internal abstract void Stop();

    /// <summary>Takes the process away without a warning; its directory stays.</summary>
    internal abstract void Kill();

    /// <summary>Ends the process, however, and removes its directory.</summary>
    internal abstract void Discard();

    /// <summary>The last node joins the cluster of the others; returns how long it took until it served.</summary>
    internal virtual TimeSpan Join() => throw new IOException($"{Name} is one node");

    /// <summary>Every queue that is declared from now on has a member on each node.</summary>
    internal virtual void MirrorAll() => throw new IOException($"{Name} is one node");

    /// <summary>Stops the last node as an operator would; its directory stays.</summary>
    internal virtual void StopLast() => throw new IOException($"{Name} is one node");

    /// <summary>
    /// Starts the last node; returns how long it took until the others took it for in step, and its peak memory.
    /// </summary>
    internal virtual (TimeSpan Elapsed, double PeakMiB) CatchUp() => throw new IOException($"{Name} is one node");

    /// <summary>Puts what is known of the broker in the place of {data} and, of a cluster, other names.</summary>
    internal virtual string Complete(string command) =>
        command.Replace("{data}", DataDirectory, StringComparison.Ordinal);

    public abstract void Dispose();
}
