using Warren.Broker;
using Warren.Server.Configuration;
using Xunit;

namespace Warren.Server.Tests.Configuration;

public sealed class SettingsTests
{
    [Fact]
    public void The_last_of_a_repeated_key_holds_and_a_warning_says_so()
    {
        var settings = Read("heartbeat = 10\nheartbeat = 20");
        Assert.Equal(20, settings.Int("heartbeat"));
        Assert.Equal(
            new ConfigurationNote(
                LogLevel.Warning, "rabbitmq.conf:2: heartbeat replaces the value set in rabbitmq.conf:1"),
            Assert.Single(settings.Notes));
    }

    [Fact]
    public void A_key_whose_feature_is_not_built_is_named_with_its_line()
    {
        var note = Assert.Single(Read("\nmanagement.tcp.port = 15672").Notes);
        Assert.Equal(LogLevel.Warning, note.Level);
        Assert.Equal(
            "rabbitmq.conf:2: management.tcp.port is accepted, but what it configures is not built yet", note.Message);
    }

    [Fact]
    public void A_key_that_changes_nothing_here_is_told_without_a_warning()
    {
        var note = Assert.Single(Read("hipe_compile = true").Notes);
        Assert.Equal(
            new ConfigurationNote(
                LogLevel.Info, "rabbitmq.conf:1: hipe_compile is accepted and has no effect in Warren"),
            note);
    }

    [Theory]
    [InlineData("hartbeat = 60", "unknown key hartbeat; the nearest known key is heartbeat")]
    [InlineData("heartbeat = soon", "expected heartbeat to be a whole number from 0 to 65535; found \"soon\"")]
    [InlineData("heartbeat = 70000", "expected heartbeat to be a whole number from 0 to 65535; found \"70000\"")]
    [InlineData("disk_free_limit.absolute = 5 GB", "found \"5 GB\"")]
    [InlineData("vm_memory_high_watermark.relative = 40", "to be a number from 0 to 1; found \"40\"")]
    [InlineData("cluster_partition_handling = auto", "to be one of ignore, pause_minority, autoheal,")]
    [InlineData("consumer_timeout = 0", "not below 1, or infinity; found \"0\"")]
    [InlineData("listeners.tcp = 5672", "expected listeners.tcp to be none; found \"5672\"")]
    [InlineData("default_pass = encrypted:abc==", "decryption is not built yet")]
    public void What_cannot_be_used_stops_the_start(string text, string message)
    {
        var error = Assert.Throws<ConfigurationException>(() => Read("# head\n" + text));
        Assert.StartsWith("rabbitmq.conf:2: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Numbered_names_are_ordered_by_number_and_the_rest_by_letter()
    {
        var settings = Read(
            "auth_mechanisms.10 = c\nauth_mechanisms.b = e\nauth_mechanisms.2 = b\n"
            + "auth_mechanisms.1 = a\nauth_mechanisms.a = d");
        Assert.Equal(["a", "b", "c", "d", "e"], settings.Named("auth_mechanisms").Select(m => m.Entry.Value));
    }

    private static Settings Read(string text) =>
        Settings.From(ConfigurationParser.Parse("rabbitmq.conf", text, _ => null), KeyTable.BuiltIn);
}
