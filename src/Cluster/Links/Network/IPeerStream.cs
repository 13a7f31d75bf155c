namespace Warren.Cluster.Links;

/// <summary>A connection that can be ended without looking like the end of its process.</summary>
public interface IPeerStream
{
    /// <summary>
    /// Reading and writing, other than the calls that return a task, hold their thread and no other: a link gives them
    /// threads of their own. Otherwise only those calls are of use.
    /// </summary>
    bool Blocks { get; }

    /// <summary>
    /// Ends it at once, without the orderly end that a system makes for a process that has ended: the other side's
    /// reads fail. What was written may be lost.
    /// </summary>
    void Reset();
}
