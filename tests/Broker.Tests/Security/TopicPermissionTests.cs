using Warren.Broker.Security;
using Xunit;

namespace Warren.Broker.Tests.Security;

public class TopicPermissionTests
{
    [Theory]
    [InlineData("^{username}\\.{vhost}$", "alice", "prod", null, "alice.prod", true)]
    [InlineData("^{username}\\.{vhost}$", "alice", "prod", null, "bob.prod", false)]
    [InlineData("^{username}$", ".*", "/", null, "anybody", false)]
    [InlineData("^{username}$", "{vhost}", "/", null, "/", false)]
    [InlineData("^{username}$", "{vhost}", "/", null, "{vhost}", true)]
    [InlineData("^{client_id}-", "u", "/", "sensor1", "sensor1-t", true)]
    [InlineData("^{client_id}-", "u", "/", null, "{client_id}-t", true)]
    [InlineData("^a{2}$", "u", "/", null, "aa", true)]
    [InlineData("", "u", "/", null, "k", false)]
    public void Variables_stand_for_exactly_their_text(
        string pattern, string user, string vhost, string? client, string key, bool expected)
    {
        Assert.True(TopicPermission.TryCreate(pattern, ".*", user, vhost, client, out TopicPermission? topic, out _));
        Assert.Equal(expected, topic.Allows(Access.Write, key));
        Assert.True(topic.Allows(Access.Read, key));
    }

    [Fact]
    public void A_bad_pattern_is_explained()
    {
        Assert.False(TopicPermission.TryCreate(".*", "(", "u", "/", null, out _, out string? error));
        Assert.StartsWith("'(' is not a regular expression", error, StringComparison.Ordinal);
    }
}
