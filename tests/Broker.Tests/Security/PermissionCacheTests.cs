using Warren.Amqp;
using Warren.Broker.Security;
using Xunit;

namespace Warren.Broker.Tests.Security;

public class PermissionCacheTests
{
    private SecuritySnapshot _snapshot = SecuritySnapshot.Empty
        .WithUser(new User("limited", PasswordHash.None, []))
        .WithPermission(
            "limited",
            "/",
            new Permission(
                NamePattern.Compile("^cfg-.*"), NamePattern.Compile("^wr-.*"), NamePattern.Compile("^rd-.*")))
        .WithTopicPermission("limited", "/", "wr-x", Topic("^ok\\..*"));

    private readonly PermissionCache _cache;

    public PermissionCacheTests() => _cache = new PermissionCache("limited", "/", () => _snapshot);

    // RabbitMQ 3.10 said the same without the first word.
    [Theory]
    [InlineData(Access.Configure, ResourceKind.Queue, "other-q", "configure access to queue 'other-q'")]
    [InlineData(Access.Configure, ResourceKind.Exchange, "other-x", "configure access to exchange 'other-x'")]
    [InlineData(Access.Write, ResourceKind.Exchange, "rd-x", "write access to exchange 'rd-x'")]
    [InlineData(Access.Write, ResourceKind.Exchange, "", "write access to exchange 'amq.default'")]
    [InlineData(Access.Read, ResourceKind.Queue, "wr-q", "read access to queue 'wr-q'")]
    public void Who_may_not_is_told_so(Access access, ResourceKind kind, string name, string expected)
    {
        AmqpException refused = Assert.Throws<AmqpException>(() => _cache.Check(access, kind, name));

        Assert.Equal($"ACCESS_REFUSED - {expected} in vhost '/' refused for user 'limited'", refused.ReplyText);
        Assert.Equal(ReplyCode.AccessRefused, refused.ReplyCode);
        Assert.False(refused.ClosesConnection);
    }

    [Theory]
    [InlineData(Access.Configure, "cfg-new")]
    [InlineData(Access.Write, "wr-q")]
    [InlineData(Access.Read, "rd-q")]
    public void Who_may_is_not(Access access, string name) => _cache.Check(access, ResourceKind.Queue, name);

    [Fact]
    public void A_topic_has_rules_of_its_own_where_they_were_made()
    {
        _cache.CheckTopic(Access.Write, "wr-x", "ok.k"u8);
        _cache.CheckTopic(Access.Write, "another", "bad.k"u8);
        AmqpException refused =
            Assert.Throws<AmqpException>(() => _cache.CheckTopic(Access.Write, "wr-x", "bad.k"u8));
        Assert.Equal(
            "ACCESS_REFUSED - write access to topic 'bad.k' in exchange 'wr-x' in vhost '/' refused for user 'limited'",
            refused.ReplyText);
    }

    [Fact]
    public void What_was_allowed_is_asked_again_after_a_change()
    {
        _cache.Check(Access.Write, ResourceKind.Exchange, "wr-x");
        _snapshot = _snapshot.WithoutPermission("limited", "/");

        Assert.Throws<AmqpException>(() => _cache.Check(Access.Write, ResourceKind.Exchange, "wr-x"));
    }

    [Fact]
    public void Queues_and_exchanges_and_rights_do_not_answer_for_each_other()
    {
        _snapshot = _snapshot.WithPermission("limited", "/", Permission.All);
        _cache.Check(Access.Write, ResourceKind.Exchange, "x");
        _cache.Check(Access.Write, ResourceKind.Queue, "x");
        _cache.Check(Access.Read, ResourceKind.Queue, "x");

        Assert.Equal(3, _cache.Count);
    }

    [Fact]
    public void It_stays_bounded()
    {
        for (int i = 0; i < 3 * PermissionCache.Capacity; i++)
            _cache.Check(Access.Write, ResourceKind.Queue, $"wr-{i}");

        Assert.InRange(_cache.Count, 1, PermissionCache.Capacity);
    }

    [Fact]
    public void Asking_again_costs_no_allocation()
    {
        Ask();
        const int Rounds = 10_000;
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < Rounds; i++)
            Ask();
        long allocatedBytes = GC.GetAllocatedBytesForCurrentThread() - before;

        // The runtime may make something of its own once; a byte a round would be one allocation in eight rounds.
        Assert.InRange(allocatedBytes, 0, Rounds - 1);

        void Ask()
        {
            _cache.Check(Access.Write, ResourceKind.Exchange, "wr-x");
            _cache.CheckTopic(Access.Write, "wr-x", "ok.key"u8);
        }
    }

    private static TopicPermission Topic(string pattern)
    {
        Assert.True(
            TopicPermission.TryCreate(pattern, pattern, "limited", "/", null, out TopicPermission? topic, out _));
        return topic;
    }
}
