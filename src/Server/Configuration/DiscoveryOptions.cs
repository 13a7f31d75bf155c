using System.Collections.Immutable;
using Warren.Cluster;

namespace Warren.Server.Configuration;

/// <summary>Whom a blank node is to form a cluster with: a list, or a name in DNS.</summary>
public sealed record DiscoveryOptions
{
    /// <summary><c>cluster_formation.classic_config.nodes</c>; empty with DNS.</summary>
    public ImmutableArray<NodeName> Nodes { get; init; } = [];

    /// <summary><c>cluster_formation.dns.hostname</c>; null with a list.</summary>
    public string? DnsName { get; init; }

    /// <summary><c>RABBITMQ_USE_LONGNAME</c>: hosts found in DNS are named with their domain.</summary>
    public bool UsesLongNames { get; init; }

    /// <summary><c>cluster_formation.discovery_retry_interval</c>.</summary>
    public TimeSpan RetryInterval { get; init; } = TimeSpan.FromSeconds(1);
}
