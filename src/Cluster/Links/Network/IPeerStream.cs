namespace Warren.Cluster.Links;

/// <summary>A connection that can be ended without looking like the end of its process.</summary>
public interface IPeerStream
{
    /// <summary>
    /// Reading and writing hold their thread until they are done, and no other; also the calls that return a task,
    /// which has always ended. A handshake and a link's loops run on threads of their own then.
    /// </summary>
    bool Blocks { get; }

    /// <summary>
    /// Ends it at once, without the orderly end that a system makes for a process that has ended: the other side's
    /// reads fail. What was written may be lost.
    /// </summary>
    void Reset();
}
