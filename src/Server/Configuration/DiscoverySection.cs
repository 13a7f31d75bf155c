using System.Collections.Immutable;
using Warren.Cluster;

namespace Warren.Server.Configuration;

/// <summary>Reads <c>cluster_formation.*</c>, with RabbitMQ's keys and its names of the backends.</summary>
public static class DiscoverySection
{
    private const string Backend = "cluster_formation.peer_discovery_backend";
    private const string Nodes = "cluster_formation.classic_config.nodes";
    private const string DnsName = "cluster_formation.dns.hostname";

    /// <summary>Null: the node is told of no others.</summary>
    /// <exception cref="ConfigurationException">A name is none, or the backend is not built.</exception>
    public static DiscoveryOptions? Read(Settings settings, NodeEnvironment environment, List<ConfigurationNote> notes)
    {
        string backend = settings.Text(Backend) ?? "classic_config";
        var options = new DiscoveryOptions
        {
            UsesLongNames = environment.Find("USE_LONGNAME") is "true" or "1" or "yes",
            RetryInterval = TimeSpan.FromMilliseconds(
                settings.Int("cluster_formation.discovery_retry_interval") ?? 1000),
        };
        switch (backend)
        {
            case "classic_config" or "rabbit_peer_discovery_classic_config":
                ImmutableArray<NodeName> names = [.. settings.Named(Nodes).Select(Name).Distinct()];
                NoteUnused(settings, DnsName, backend, notes);
                return names.IsEmpty ? null : options with { Nodes = names };
            case "dns" or "rabbit_peer_discovery_dns":
                NoteUnused(settings, Nodes, backend, notes);
                return settings.Text(DnsName) is { } name
                    ? options with { DnsName = name }
                    : throw new ConfigurationException(
                        settings.Find(Backend)!,
                        $"expected {DnsName} beside it, the name that has all nodes' addresses");
            case "aws" or "rabbit_peer_discovery_aws" or "consul" or "rabbit_peer_discovery_consul"
                or "etcd" or "rabbit_peer_discovery_etcd" or "k8s" or "kubernetes" or "rabbit_peer_discovery_k8s":
                throw new ConfigurationException(
                    settings.Find(Backend)!,
                    $"the discovery of peers by {backend} is not built yet; classic_config and dns are");
            default:
                throw new ConfigurationException(
                    settings.Find(Backend)!, $"expected classic_config or dns, found \"{backend}\"");
        }
    }

    private static NodeName Name((string Name, ConfigurationEntry Entry) named) =>
        NodeName.TryParse(named.Entry.Value, out NodeName name)
            ? name
            : throw new ConfigurationException(
                named.Entry, $"expected a node's name like rabbit@host, found \"{named.Entry.Value}\"");

    private static void NoteUnused(Settings settings, string key, string backend, List<ConfigurationNote> notes)
    {
        if (settings.Find(key) is not null || settings.Named(key).Any())
        {
            notes.Add(new ConfigurationNote(
                Broker.LogLevel.Warning, $"{key} is not used: peers are found by {backend} ({Backend})"));
        }
    }
}
