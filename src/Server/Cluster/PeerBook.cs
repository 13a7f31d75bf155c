using Warren.Cluster;
using Warren.Cluster.Links;
using Warren.Server.Configuration;

namespace Warren.Server.Cluster;

/// <summary>
/// Where other nodes are: what the configuration says; else, of a node of this machine, what its entry in the registry
/// says; else the host part of its name and the usual port.
/// </summary>
internal sealed class PeerBook(NodeName self, PeerOptions options, LocalRegistry registry)
{
    /// <summary>Asked anew at each dial: a node of this machine may have come up with another port.</summary>
    public PeerAddress Find(NodeName name)
    {
        if (options.Addresses.TryGetValue(name, out PeerAddress configured))
            return configured;
        if (registry.Find(name) is { } local)
            return new PeerAddress(local.Host.Length > 0 ? local.Host : name.Host, local.Port);
        // On the own host the usual port is the own one, or anybody's.
        bool isHere = string.Equals(name.Host, self.Host, StringComparison.OrdinalIgnoreCase);
        return new PeerAddress(name.Host, isHere ? 0 : options.UsualPort);
    }
}
