using System.Collections.Immutable;
using Warren.Server.Configuration;
using Xunit;

namespace Warren.Server.Tests.Configuration;

public sealed class DiscoverySectionTests
{
    private readonly List<ConfigurationNote> _notes = [];

    [Fact]
    public void Without_keys_a_node_is_told_of_nobody() => Assert.Null(Read(""));

    [Theory]
    [InlineData("classic_config")]
    [InlineData("rabbit_peer_discovery_classic_config")]
    public void A_list_is_read_by_number(string backend)
    {
        DiscoveryOptions options = Assert.IsType<DiscoveryOptions>(Read(
            $"""
            cluster_formation.peer_discovery_backend = {backend}
            cluster_formation.classic_config.nodes.10 = rabbit@c
            cluster_formation.classic_config.nodes.1 = rabbit@a
            cluster_formation.classic_config.nodes.2 = rabbit@b
            cluster_formation.discovery_retry_interval = 250
            """));
        Assert.Equal(["rabbit@a", "rabbit@b", "rabbit@c"], options.Nodes.Select(name => name.Value));
        Assert.Equal(TimeSpan.FromMilliseconds(250), options.RetryInterval);
        Assert.Empty(_notes);
    }

    [Theory]
    [InlineData("dns")]
    [InlineData("rabbit_peer_discovery_dns")]
    public void A_name_in_dns_is_read_and_the_list_is_said_to_be_of_no_use(string backend)
    {
        DiscoveryOptions options = Assert.IsType<DiscoveryOptions>(Read(
            $"""
            cluster_formation.peer_discovery_backend = {backend}
            cluster_formation.dns.hostname = seed.example.local
            cluster_formation.classic_config.nodes.1 = rabbit@a
            """));
        Assert.Equal("seed.example.local", options.DnsName);
        Assert.Empty(options.Nodes);
        Assert.Equal(
            "cluster_formation.classic_config.nodes is not used: peers are found by " + backend
            + " (cluster_formation.peer_discovery_backend)",
            Assert.Single(_notes).Message);
    }

    [Theory]
    [InlineData(
        "cluster_formation.peer_discovery_backend = consul",
        "the discovery of peers by consul is not built yet; classic_config and dns are")]
    [InlineData(
        "cluster_formation.peer_discovery_backend = clasic",
        "expected classic_config or dns, found \"clasic\"")]
    [InlineData(
        "cluster_formation.peer_discovery_backend = dns",
        "expected cluster_formation.dns.hostname beside it, the name that has all nodes' addresses")]
    [InlineData(
        "cluster_formation.classic_config.nodes.1 = rabbit",
        "expected a node's name like rabbit@host, found \"rabbit\"")]
    public void What_cannot_be_is_refused_with_its_place(string text, string expected)
    {
        ConfigurationException error = Assert.Throws<ConfigurationException>(() => Read(text));
        Assert.EndsWith(expected, error.Message, StringComparison.Ordinal);
        Assert.StartsWith("rabbitmq.conf:1", error.Message, StringComparison.Ordinal);
    }

    private DiscoveryOptions? Read(string text) => DiscoverySection.Read(
        Settings.From(ConfigurationParser.Parse("rabbitmq.conf", text, _ => null), KeyTable.BuiltIn),
        new NodeEnvironment(
            new Dictionary<string, string>(), ImmutableDictionary<string, string>.Empty, "/usr/lib/warren", "h"),
        _notes);
}
