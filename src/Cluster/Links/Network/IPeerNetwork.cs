namespace Warren.Cluster.Links;

/// <summary>
/// The seam of the network between nodes: how to reach one and how to be reached. Production uses TCP; a simulation
/// puts pipes in its place that delay, cut and lose.
/// </summary>
public interface IPeerNetwork
{
    /// <summary>Connects; the stream is closed by the caller.</summary>
    /// <exception cref="IOException">It cannot be reached; the message says why.</exception>
    Task<Stream> DialAsync(PeerAddress address, CancellationToken cancellation);

    /// <summary>
    /// Listens until the result is disposed. <paramref name="accepted"/> gets each connection, one at a time, and does
    /// not wait.
    /// </summary>
    /// <exception cref="IOException">The address is in use or not this machine's.</exception>
    IPeerListener Listen(PeerAddress address, Action<AcceptedStream> accepted);
}
