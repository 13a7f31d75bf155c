using Warren.Cluster;
using Warren.Cluster.Links;
using Warren.Server.Configuration;
using Xunit;

namespace Warren.Server.Tests.Configuration;

public sealed class PeerSectionTests
{
    private readonly List<ConfigurationNote> _notes = [];

    [Theory]
    [InlineData("", null, 25672, 25672)]
    [InlineData("", "31000", 31000, 31000)]
    [InlineData("distribution.listener.port_range.min = 30000", null, 30000, 30000)]
    [InlineData("distribution.listener.port_range.max = 30000", null, 25672, 30000)]
    [InlineData(
        "distribution.listener.port_range.min = 30000\ndistribution.listener.port_range.max = 30005", null, 30000,
        30005)]
    [InlineData("distribution.listener.port_range.min = 30000", "31000", 31000, 31000)]
    public void Ports_come_from_the_environment_then_the_files(string text, string? port, int lowest, int highest)
    {
        PeerOptions options = Read(text, port);
        Assert.Equal((lowest, highest), (options.LowestPort, options.HighestPort));
        Assert.Equal(port is null ? 25672 : 31000, options.UsualPort);
    }

    [Theory]
    [InlineData("distribution.listener.port_range.min = 30000\ndistribution.listener.port_range.max = 29999")]
    [InlineData("distribution.listener.port_range.max = 70000")]
    public void A_range_that_is_none_is_refused(string text) => Assert.Contains(
        "expected distribution.listener.port_range to be ports",
        Assert.Throws<ConfigurationException>(() => Read(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void Silence_is_a_second_unless_set_and_setting_it_is_told()
    {
        Assert.Equal(TimeSpan.FromSeconds(1), Read("").SilenceTimeout);
        Assert.Empty(_notes);
        Assert.Equal(TimeSpan.FromSeconds(60), Read("net_ticktime = 60").SilenceTimeout);
        Assert.StartsWith(
            "rabbitmq.conf:1: net_ticktime = 60: another node counts as gone after 60 s of silence",
            Assert.Single(_notes).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Nodes_elsewhere_are_named_with_their_addresses()
    {
        PeerOptions options = Read(
            "warren.peer_addresses.1 = r2@host2=10.0.0.2:25673\nwarren.peer_addresses.2 = r3@host3 = [::1]:5");
        Assert.Equal(new PeerAddress("10.0.0.2", 25673), options.Addresses[Name("r2@host2")]);
        Assert.Equal(new PeerAddress("::1", 5), options.Addresses[Name("r3@host3")]);
    }

    [Theory]
    [InlineData("r2=10.0.0.2:1")]
    [InlineData("r2@host2=10.0.0.2")]
    [InlineData("r2@host2=10.0.0.2:0")]
    [InlineData("r2@host2=:1")]
    [InlineData("10.0.0.2:1")]
    public void What_is_no_address_is_refused(string value) => Assert.Contains(
        "to be NAME@HOST = ADDRESS:PORT",
        Assert.Throws<ConfigurationException>(() => Read($"warren.peer_addresses.1 = {value}")).Message,
        StringComparison.Ordinal);

    [Fact]
    public void Tls_is_whole_or_not_at_all()
    {
        Assert.Null(Read("").Tls);
        const string Whole =
            "warren.peer_tls.certfile = c\nwarren.peer_tls.keyfile = k\nwarren.peer_tls.cacertfile = a";
        Assert.Equal(new PeerTlsOptions("c", "k", "a", null), Read(Whole).Tls);
        Assert.Equal("p", Read(Whole + "\nwarren.peer_tls.password = p").Tls!.KeyPassword);
        Assert.Contains(
            "cacertfile is not set",
            Assert.Throws<ConfigurationException>(
                () => Read("warren.peer_tls.certfile = c\nwarren.peer_tls.keyfile = k")).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "found \"missing\"",
            Assert.Throws<ConfigurationException>(() => Read(Whole.Replace("= k", "= missing"))).Message,
            StringComparison.Ordinal);
    }

    private PeerOptions Read(string text, string? port = null)
    {
        var variables = new Dictionary<string, string>();
        if (port is not null)
            variables["RABBITMQ_DIST_PORT"] = port;
        return PeerSection.Read(
            Settings.From(ConfigurationParser.Parse("rabbitmq.conf", text, _ => null), KeyTable.BuiltIn),
            new NodeEnvironment(variables, new Dictionary<string, string>(), "/", "host"), 25672,
            file => file != "missing", _notes);
    }

    private static NodeName Name(string text) =>
        NodeName.TryParse(text, out NodeName name) ? name : throw new ArgumentException(text);
}
