using Warren.Cluster.Links;
using Warren.Server.Configuration;

namespace Warren.Server.Cluster;

/// <summary>Binds the port for peers and for commands of other hosts.</summary>
internal static class PeerPort
{
    /// <param name="peers">Where, and which ports may be tried.</param>
    /// <param name="time">The clock.</param>
    /// <param name="warn">Is told what goes wrong later.</param>
    /// <param name="idle">Somebody dials while nobody listens.</param>
    /// <exception cref="ConfigurationException">None of the ports can be had.</exception>
    public static StandingPeerNetwork Open(PeerOptions peers, TimeProvider time, Action<string> warn, Action idle)
    {
        var network = new TcpPeerNetwork(time, warn);
        for (int port = peers.LowestPort; ; port++)
        {
            try
            {
                return new StandingPeerNetwork(network, new PeerAddress(peers.Interface, port), idle);
            }
            catch (IOException) when (port < peers.HighestPort)
            {
                // The next of the range.
            }
            catch (IOException error)
            {
                string ports = peers.LowestPort == peers.HighestPort
                    ? "" : $" (nor on any port from {peers.LowestPort} on)";
                throw new ConfigurationException(
                    $"{error.Message}{ports}. Another node, or RabbitMQ, may be using the port: RABBITMQ_DIST_PORT or "
                    + "distribution.listener.port_range.min and .max choose another, "
                    + "distribution.listener.interface another address");
            }
        }
    }
}
