namespace Warren.Broker.Queues.Remote;

/// <summary>
/// Either end of a line: what the links have to tell both. An interface, since each end is a mailbox of its own kind.
/// </summary>
internal interface ILine
{
    /// <summary>Posts it to the line's own turn.</summary>
    /// <param name="signal">What.</param>
    /// <param name="process">Up: the other node's process; else 0.</param>
    void Signal(LineSignal signal, long process);
}
