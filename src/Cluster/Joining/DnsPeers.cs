using System.Net;
using System.Net.Sockets;

namespace Warren.Cluster.Joining;

/// <summary>
/// <c>dns</c>: one name has the addresses of all nodes, and each address has a name, which is the host part of its
/// node's. As RabbitMQ does it (rabbit_peer_discovery_dns).
/// </summary>
/// <param name="seed"><c>cluster_formation.dns.hostname</c>.</param>
/// <param name="self">Its part before the at sign is all nodes'.</param>
/// <param name="usesLongNames">Whether hosts are named with their domain.</param>
/// <param name="addressesOf">Resolves a name.</param>
/// <param name="nameOf">Resolves an address.</param>
public sealed class DnsPeers(
    string seed, NodeName self, bool usesLongNames,
    Func<string, Task<IPAddress[]>> addressesOf, Func<IPAddress, Task<string>> nameOf) : IPeerDiscovery
{
    public bool MayChange => true;

    public string Description => $"cluster_formation.dns.hostname ({seed})";

    public async Task<IReadOnlyList<NodeName>> FindAsync()
    {
        try
        {
            IPAddress[] addresses = await addressesOf(seed).ConfigureAwait(false);
            var names = new SortedDictionary<string, NodeName>(StringComparer.Ordinal);
            foreach (IPAddress address in addresses)
            {
                string host = (await nameOf(address).ConfigureAwait(false)).TrimEnd('.');
                if (!usesLongNames && !IPAddress.TryParse(host, out _))
                    host = host.Split('.')[0];
                if (!NodeName.TryParse($"{self.Short}@{host}", out NodeName name))
                {
                    throw new DiscoveryException(
                        $"the address {address} of {seed} is called \"{host}\", which no host is");
                }
                names[name.Value] = name;
            }
            return names.Count > 0 ? [.. names.Values] : throw new DiscoveryException($"{seed} has no addresses");
        }
        catch (SocketException error)
        {
            throw new DiscoveryException(
                $"the addresses of {seed}, or the name of one of them, cannot be resolved: {error.Message}", error);
        }
    }
}
