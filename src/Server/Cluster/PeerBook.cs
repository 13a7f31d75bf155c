using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using Warren.Cluster;
using Warren.Cluster.Links;
using Warren.Server.Configuration;

namespace Warren.Server.Cluster;

/// <summary>
/// Where other nodes are: what the configuration says; else, of a node of this machine (by its host: the own one, or a
/// loopback address), what its entry in the registry says; else what members say; else the host part of its name and
/// the usual port.
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
        // What is said here of other machines' nodes is no one's business.
        if (IsHere(name) && registry.Find(name) is { } local)
            return new PeerAddress(local.Host.Length > 0 ? local.Host : name.Host, local.Port);
        if (_told.TryGetValue(name, out PeerAddress told))
            return told;
        // On the own host the usual port is the own one, or anybody's.
        return new PeerAddress(name.Host, IsOwn(name.Host) ? 0 : options.UsualPort);
    }

    private bool IsHere(NodeName name) => IsOwn(name.Host) || name.Host == "localhost"
        || (IPAddress.TryParse(name.Host, out IPAddress? address) && IPAddress.IsLoopback(address));

    private bool IsOwn(string host) => string.Equals(host, self.Host, StringComparison.OrdinalIgnoreCase);
}
