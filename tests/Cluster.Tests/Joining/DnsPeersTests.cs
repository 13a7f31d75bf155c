using System.Net;
using System.Net.Sockets;
using Xunit;

namespace Warren.Cluster.Joining;

public sealed class DnsPeersTests
{
    private readonly Dictionary<string, string> _names = new()
    {
        ["10.0.0.2"] = "b.example.local.",
        ["10.0.0.1"] = "a.example.local",
    };

    [Fact]
    public async Task Addresses_become_names_with_this_nodes_first_part() => Assert.Equal(
        ["hare@a", "hare@b"], (await Peers(usesLongNames: false).FindAsync()).Select(name => name.Value));

    [Fact]
    public async Task Long_names_keep_their_domain() => Assert.Equal(
        ["hare@a.example.local", "hare@b.example.local"],
        (await Peers(usesLongNames: true).FindAsync()).Select(name => name.Value));

    [Fact]
    public async Task An_address_without_a_name_is_told()
    {
        _names.Remove("10.0.0.1");
        DiscoveryException error = await Assert.ThrowsAsync<DiscoveryException>(
            () => Peers(usesLongNames: false).FindAsync());
        Assert.StartsWith(
            "the addresses of seed.example.local, or the name of one of them, cannot be resolved: ", error.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_that_is_none_is_told()
    {
        _names["10.0.0.1"] = "what is this";
        DiscoveryException error = await Assert.ThrowsAsync<DiscoveryException>(
            () => Peers(usesLongNames: false).FindAsync());
        Assert.Equal(
            "the address 10.0.0.1 of seed.example.local is called \"what is this\", which no host is", error.Message);
    }

    private DnsPeers Peers(bool usesLongNames)
    {
        Assert.True(NodeName.TryParse("hare@b", out NodeName self));
        return new DnsPeers(
            "seed.example.local", self, usesLongNames,
            _ => Task.FromResult<IPAddress[]>([IPAddress.Parse("10.0.0.2"), IPAddress.Parse("10.0.0.1")]),
            address => _names.TryGetValue(address.ToString(), out string? name)
                ? Task.FromResult(name)
                : throw new SocketException((int)SocketError.HostNotFound));
    }
}
