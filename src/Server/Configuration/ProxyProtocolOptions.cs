using System.Collections.Immutable;
using System.Net;

namespace Warren.Server.Configuration;

/// <summary>The PROXY protocol of load balancers, on all AMQP listeners or on none.</summary>
public sealed record ProxyProtocolOptions
{
    /// <summary>
    /// Loopback and private networks: where a load balancer stands when nobody said where it stands. A header
    /// from elsewhere could claim any client address.
    /// </summary>
    public static readonly ImmutableArray<IPNetwork> PrivateSources =
    [
        IPNetwork.Parse("127.0.0.0/8"), IPNetwork.Parse("::1/128"),
        IPNetwork.Parse("10.0.0.0/8"), IPNetwork.Parse("172.16.0.0/12"), IPNetwork.Parse("192.168.0.0/16"),
        IPNetwork.Parse("169.254.0.0/16"), IPNetwork.Parse("fc00::/7"), IPNetwork.Parse("fe80::/10"),
    ];

    /// <summary><c>proxy_protocol</c>: a header is then mandatory.</summary>
    public bool IsEnabled { get; init; }

    /// <summary>
    /// <c>warren.proxy_protocol.allowed_sources.$n</c>: peers that may send a header; others are dropped.
    /// </summary>
    public ImmutableArray<IPNetwork> AllowedSources { get; init; } = PrivateSources;

    /// <summary>
    /// True when a header from this peer may be believed. An IPv4 address mapped into IPv6 counts as IPv4.
    /// </summary>
    public bool Allows(IPAddress peer)
    {
        if (peer.IsIPv4MappedToIPv6)
            peer = peer.MapToIPv4();
        foreach (var source in AllowedSources)
        {
            if (source.Contains(peer))
                return true;
        }

        return false;
    }
}
