using Warren.Cluster.Links;

namespace Warren.Server.Cluster;

/// <summary>TCP, and a sentence for a node of this machine that is nowhere.</summary>
internal sealed class DialingNetwork(IPeerNetwork network) : IPeerNetwork
{
    public Task<Stream> DialAsync(PeerAddress address, CancellationToken cancellation) => address.Port > 0
        ? network.DialAsync(address, cancellation)
        : throw new IOException(
            $"no node of that name runs on this machine ({address.Host}), or its entry is in another RABBITMQ_RUN_DIR");

    public IPeerListener Listen(PeerAddress address, Action<AcceptedStream> accepted) =>
        network.Listen(address, accepted);
}
