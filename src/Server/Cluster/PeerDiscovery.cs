using System.Net;
using Warren.Cluster;
using Warren.Cluster.Joining;
using Warren.Server.Configuration;

namespace Warren.Server.Cluster;

/// <summary>What the configuration says of how other nodes are found.</summary>
internal static class PeerDiscovery
{
    /// <summary>As it says; names are made in the manner of this node's.</summary>
    public static IPeerDiscovery Of(DiscoveryOptions options, NodeName self) => options.DnsName is { } seed
        ? new DnsPeers(
            seed, self, options.UsesLongNames, name => Dns.GetHostAddressesAsync(name),
            async address => (await Dns.GetHostEntryAsync(address).ConfigureAwait(false)).HostName)
        : new ListedPeers(options.Nodes);
}
