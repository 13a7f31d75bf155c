using System.Collections.Concurrent;
using System.Globalization;
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
    private readonly ConcurrentDictionary<NodeName, PeerAddress> _told = new();

    /// <summary>A member has said where it is.</summary>
    public void Tell(NodeName name, PeerAddress address) => _told[name] = address;

    /// <summary>From its text, as members keep it; what is none is the usual.</summary>
    public static PeerAddress Parse(string text, NodeName name)
    {
        int colon = text.LastIndexOf(':');
        return colon > 0 && ushort.TryParse(text.AsSpan(colon + 1), CultureInfo.InvariantCulture, out ushort port)
            && port != 0
            ? new PeerAddress(text[..colon], port)
            : new PeerAddress(name.Host, ListenerOptions.DefaultPort + PeerAddress.PortOffset);
    }

    /// <summary>Asked anew at each dial: a node of this machine may have come up with another port.</summary>
    public PeerAddress Find(NodeName name)
    {
        if (options.Addresses.TryGetValue(name, out PeerAddress configured))
            return configured;
        if (registry.Find(name) is { } local)
            return new PeerAddress(local.Host.Length > 0 ? local.Host : name.Host, local.Port);
        if (_told.TryGetValue(name, out PeerAddress told))
            return told;
        // On the own host the usual port is the own one, or anybody's.
        bool isHere = string.Equals(name.Host, self.Host, StringComparison.OrdinalIgnoreCase);
        return new PeerAddress(name.Host, isHere ? 0 : options.UsualPort);
    }
}
