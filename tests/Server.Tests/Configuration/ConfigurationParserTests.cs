using Warren.Server.Configuration;
using Xunit;

namespace Warren.Server.Tests.Configuration;

public sealed class ConfigurationParserTests
{
    [Theory]
    [InlineData("heartbeat = 60", "heartbeat", "60")]
    [InlineData("heartbeat=60", "heartbeat", "60")]
    [InlineData("   heartbeat   =   60   ", "heartbeat", "60")]
    [InlineData("heartbeat = 60 # seconds", "heartbeat", "60")]
    [InlineData("heartbeat = 60\r", "heartbeat", "60")]
    [InlineData("default_pass = 'a#b'", "default_pass", "a#b")]
    [InlineData("default_pass = 'a#b' # quoted", "default_pass", "a#b")]
    [InlineData("default_pass = ''", "default_pass", "")]
    [InlineData("default_pass = a b=c", "default_pass", "a b=c")]
    [InlineData("\uFEFFheartbeat = 60", "heartbeat", "60")]
    public void A_setting_is_a_key_and_a_value(string text, string key, string value)
    {
        var entry = Assert.Single(Parse(text));
        Assert.Equal((key, value), (entry.Key, entry.Value));
    }

    [Fact]
    public void Comments_and_blank_lines_count_as_lines()
    {
        var entries = Parse("# one\n\n## two\nheartbeat = 1\n  # three\nframe_max = 2\n");
        Assert.Equal([("heartbeat", 4), ("frame_max", 6)], entries.Select(e => (e.Key, e.Line)));
    }

    [Fact]
    public void Triple_quotes_hold_several_lines()
    {
        var entries = Parse(
            "auth_ldap.queries.tags = '''\n[{a, b}, # not a comment\n {c, d}]\n''' # end\nheartbeat = 7");
        Assert.Equal("[{a, b}, # not a comment\n {c, d}]", entries[0].Value);
        Assert.Equal(("heartbeat", 5), (entries[1].Key, entries[1].Line));
    }

    [Fact]
    public void Variables_are_replaced_anywhere_in_a_value()
    {
        var entry = Assert.Single(Parse("default_pass = x-$(WORD)-$(WORD)-y"));
        Assert.Equal("x-secret-secret-y", entry.Value);
    }

    [Theory]
    [InlineData("heartbeat", "expected \"key = value\"")]
    [InlineData("[section]", "expected \"key = value\"")]
    [InlineData("= 60", "expected a key before")]
    [InlineData("heart beat = 60", "expected a key of letters")]
    [InlineData("heartbeat =", "expected a value for heartbeat")]
    [InlineData("heartbeat = # nothing", "expected a value for heartbeat")]
    [InlineData("default_pass = 'open", "does not end on this line")]
    [InlineData("default_pass = 'a' b", "expected nothing after the closing quote")]
    [InlineData("default_pass = '''open", "before the closing '''")]
    [InlineData("default_pass = $(NOT_SET)", "NOT_SET, which is not set")]
    [InlineData("default_pass = $(OPEN", "without its closing parenthesis")]
    public void A_wrong_line_is_named_by_file_and_number(string text, string message)
    {
        var error = Assert.Throws<ConfigurationException>(() => Parse("# first line\n" + text));
        Assert.StartsWith("rabbitmq.conf:2: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_backslash_keeps_a_dot_inside_a_segment()
    {
        var entry = Assert.Single(Parse("loopback_users.ann\\.smith = true"));
        Assert.Equal(["loopback_users", "ann.smith"], entry.Segments);
    }

    private static IReadOnlyList<ConfigurationEntry> Parse(string text) =>
        ConfigurationParser.Parse("rabbitmq.conf", text, name => name == "WORD" ? "secret" : null);
}
