using System.Globalization;

namespace Warren.Cluster.Links;

/// <summary>Where a node listens for peers.</summary>
/// <param name="Host">A name that the resolver knows, or an address; empty to listen on all addresses.</param>
/// <param name="Port">1 to 65535; 0 to listen on a port that the system chooses.</param>
public readonly record struct PeerAddress(string Host, int Port)
{
    /// <summary>What the peer port is above the AMQP port.</summary>
    public const int PortOffset = 20000;

    public override string ToString() =>
        Port == 0 ? Host : string.Create(CultureInfo.InvariantCulture, $"{Host}:{Port}");
}
