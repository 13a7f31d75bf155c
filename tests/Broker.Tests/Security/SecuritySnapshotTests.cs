using Warren.Broker.Security;
using Xunit;

namespace Warren.Broker.Tests.Security;

public class SecuritySnapshotTests
{
    private static readonly User Alice = new("alice", PasswordHash.None, ["monitoring"]);

    [Fact]
    public void Every_change_is_a_new_value_with_a_higher_version()
    {
        SecuritySnapshot before = SecuritySnapshot.Empty.WithUser(Alice);
        SecuritySnapshot after = before.WithPermission("alice", "/", Permission.All);

        Assert.False(before.MayConnect("alice", "/"));
        Assert.True(after.MayConnect("alice", "/"));
        Assert.True(after.Version > before.Version);
    }

    [Fact]
    public void A_user_who_is_replaced_keeps_the_rights_and_one_who_is_removed_does_not()
    {
        SecuritySnapshot snapshot = SecuritySnapshot.Empty.WithUser(Alice)
            .WithPermission("alice", "/", Permission.All)
            .WithUser(Alice with { Tags = [] });
        Assert.True(snapshot.MayConnect("alice", "/"));

        snapshot = snapshot.WithoutUser("alice").WithUser(Alice);
        Assert.False(snapshot.MayConnect("alice", "/"));
    }

    [Fact]
    public void Rights_of_nobody_cannot_be_given() =>
        Assert.Throws<ArgumentException>(() => SecuritySnapshot.Empty.WithPermission("bob", "/", Permission.All));

    [Fact]
    public void Dropping_a_vhost_drops_what_hangs_on_it_and_nothing_else()
    {
        SecuritySnapshot snapshot = SecuritySnapshot.Empty.WithUser(Alice)
            .WithPermission("alice", "a", Permission.All)
            .WithPermission("alice", "b", Permission.All)
            .WithTopicPermission("alice", "a", "t", Topic("^x$"))
            .WithVhostLimits("a", new VhostLimits(1, 2))
            .WithoutVhost("a");

        Assert.False(snapshot.MayConnect("alice", "a"));
        Assert.Empty(snapshot.AccessOf("alice", "a").Topics);
        Assert.Equal(VhostLimits.None, snapshot.LimitsOf("a"));
        Assert.True(snapshot.MayConnect("alice", "b"));
    }

    [Fact]
    public void Topic_permissions_are_taken_away_one_by_one_or_all_at_once()
    {
        SecuritySnapshot snapshot = SecuritySnapshot.Empty.WithUser(Alice)
            .WithTopicPermission("alice", "/", "t", Topic("^x$"))
            .WithTopicPermission("alice", "/", "u", Topic("^x$"));

        Assert.Equal(["u"], snapshot.WithoutTopicPermission("alice", "/", "t").AccessOf("alice", "/").Topics.Keys);
        Assert.Empty(snapshot.WithoutTopicPermission("alice", "/", null).AccessOf("alice", "/").Topics);
        Assert.Same(snapshot, snapshot.WithoutTopicPermission("alice", "/", "v"));
    }

    private static TopicPermission Topic(string pattern)
    {
        Assert.True(TopicPermission.TryCreate(pattern, pattern, "alice", "/", null, out TopicPermission? topic, out _));
        return topic;
    }
}
