using Warren.Server.Configuration;
using Xunit;

namespace Warren.Server.Tests.Configuration;

public sealed class KeyTableTests
{
    [Fact]
    public void The_built_in_table_holds_every_key_of_both_versions() =>
        Assert.True(KeyTable.BuiltIn.Definitions.Count > 1100, $"only {KeyTable.BuiltIn.Definitions.Count} keys");

    [Theory]
    [InlineData("heartbeat", "heartbeat")]
    [InlineData("listeners.tcp.any-name", "listeners.tcp.$name")]
    [InlineData("log.console.level", "log.console.level")]
    [InlineData("log.connection.level", "log.connection.level")]
    [InlineData("management.ssl.certfile", "management.ssl.certfile")]
    [InlineData("auth_oauth2.oauth_providers.x.https.depth", "auth_oauth2.oauth_providers.$name.https.depth")]
    [InlineData("default_users.ann.tags", "default_users.$name.tags")]
    public void A_key_is_found_by_its_pattern(string key, string pattern) =>
        Assert.Equal(pattern, KeyTable.BuiltIn.Find(Entry(key))?.Pattern);

    [Theory]
    [InlineData("heartbeats")]
    [InlineData("listeners.tcp.a.b")]
    [InlineData("listeners.tcp.")]
    [InlineData("")]
    public void Other_keys_are_not_found(string key) => Assert.Null(KeyTable.BuiltIn.Find(Entry(key)));

    [Theory]
    [InlineData("hartbeat", "heartbeat")]
    [InlineData("listener.tcp.front", "listeners.tcp.front")]
    [InlineData("vm_memory_high_watermark", "vm_memory_high_watermark.relative")]
    [InlineData("disk_free_limit.absolut", "disk_free_limit.absolute")]
    [InlineData("tcp_listen_options.no_delay", "tcp_listen_options.nodelay")]
    public void The_nearest_key_is_proposed(string key, string nearest) =>
        Assert.Equal(nearest, KeyTable.BuiltIn.Nearest(key));

    [Theory]
    [InlineData("a int 3 built\na int 3 built", "twice")]
    [InlineData("a int 3", "fewer than four columns")]
    [InlineData("a int 3 done", "unknown state")]
    [InlineData("a number 3 built", "unknown type")]
    public void A_wrong_table_does_not_build(string table, string message)
    {
        var error = Assert.Throws<FormatException>(() => KeyTable.Parse(table));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Braces_and_groups_are_written_out()
    {
        var table = KeyTable.Parse(
            "@tls = a.ssl b.ssl\n@tls = c.tls\n@tls.depth int 3 later\nlog.{x,y}.level level 3 built info");
        Assert.Equal(
            ["a.ssl.depth", "b.ssl.depth", "c.tls.depth", "log.x.level", "log.y.level"],
            table.Definitions.Select(d => d.Pattern));
    }

    private static ConfigurationEntry Entry(string key) => new(key, "", "rabbitmq.conf", 1);
}
