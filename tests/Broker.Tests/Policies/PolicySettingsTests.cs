using Warren.Amqp;
using Warren.Broker.Policies;
using Warren.Broker.Queues;
using Warren.Broker.Security;
using Xunit;

namespace Warren.Broker.Tests.Policies;

/// <summary>What arguments, a policy and an operator policy come to.</summary>
public sealed class PolicySettingsTests
{
    /// <summary>As recorded of RabbitMQ (ground truth, "Policies and operator policies").</summary>
    [Fact]
    public void Of_two_limits_the_lower_one_holds()
    {
        FieldTable arguments = Fields.Of(("x-message-ttl", 5000), ("x-max-length", 10));
        QueueSettings settings = Settings(
            QueueType.Classic, arguments,
            Fields.Of(("message-ttl", 1000), ("max-length", 100), ("max-length-bytes", 999)));
        Assert.Equal((1000, 10, 999), (settings.MessageTtlMs, settings.MaxLength, settings.MaxLengthBytes));

        settings = Settings(
            QueueType.Classic, arguments, Fields.Of(("message-ttl", 7777)),
            Fields.Of(("expires", 1_800_000), ("max-length", 5), ("message-ttl", 3000)));
        Assert.Equal((3000, 5, 1_800_000), (settings.MessageTtlMs, settings.MaxLength, settings.ExpiresMs));
    }

    [Fact]
    public void Dead_letters_go_where_the_argument_says_and_each_of_the_two_counts_by_itself()
    {
        FieldTable policy = Fields.Of(("dead-letter-exchange", "poldlx"), ("dead-letter-routing-key", "polrk"));
        QueueSettings settings = Settings(QueueType.Classic, Fields.Of(("x-dead-letter-exchange", "argdlx")), policy);
        Assert.Equal(("argdlx", "polrk"), (settings.DeadLetterExchange, settings.DeadLetterRoutingKey));
        settings = Settings(QueueType.Quorum, FieldTable.Empty, policy);
        Assert.Equal(("poldlx", "polrk"), (settings.DeadLetterExchange, settings.DeadLetterRoutingKey));
    }

    [Theory]
    [InlineData(QueueType.Classic, Overflow.DropHead, 400)]
    [InlineData(QueueType.Quorum, Overflow.RejectPublish, 900)]
    public void Overflow_and_expiry_are_the_arguments_in_classic_queues_and_the_policys_in_quorum_queues(
        QueueType type, Overflow overflow, long expiresMs)
    {
        QueueSettings settings = Settings(
            type, Fields.Of(("x-overflow", "drop-head"), ("x-expires", 400)),
            Fields.Of(("overflow", "reject-publish"), ("expires", 900)));
        Assert.Equal((overflow, expiresMs), (settings.Overflow, settings.ExpiresMs));
        settings = Settings(type, FieldTable.Empty, Fields.Of(("overflow", "reject-publish"), ("expires", 900)));
        Assert.Equal((Overflow.RejectPublish, 900), (settings.Overflow, settings.ExpiresMs));
    }

    [Fact]
    public void A_quorum_queue_drops_the_head_where_a_classic_one_dead_letters_what_it_rejects()
    {
        FieldTable policy = Fields.Of(("overflow", "reject-publish-dlx"));
        Assert.Equal(
            Overflow.RejectPublishDeadLetter, Settings(QueueType.Classic, FieldTable.Empty, policy).Overflow);
        Assert.Equal(Overflow.DropHead, Settings(QueueType.Quorum, FieldTable.Empty, policy).Overflow);
    }

    [Theory]
    [InlineData(null, 5, 5)]
    [InlineData(7, 5, 5)]
    [InlineData(3, 5, 3)]
    [InlineData(3, -1, 3)]
    [InlineData(null, -1, null)]
    [InlineData(null, 5_000_000_000, int.MaxValue)]
    public void Delivery_limits(int? argument, long policy, int? expected)
    {
        FieldTable arguments = argument is { } limit ? Fields.Of(("x-delivery-limit", limit)) : FieldTable.Empty;
        Assert.Equal(
            expected, Settings(QueueType.Quorum, arguments, Fields.Of(("delivery-limit", policy))).DeliveryLimit);
    }

    [Fact]
    public void A_consumer_timeout_overrules_the_nodes_and_the_lower_of_the_queues_own_holds()
    {
        Assert.Equal(9_000_000, Timeout(FieldTable.Empty, Fields.Of(("consumer-timeout", 9_000_000))));
        Assert.Equal(1000, Timeout(Fields.Of(("x-consumer-timeout", 1000)), Fields.Of(("consumer-timeout", 2000))));
        Assert.Equal(2000, Timeout(Fields.Of(("x-consumer-timeout", 3000)), Fields.Of(("consumer-timeout", 2000))));
        Assert.Equal(3000, Timeout(Fields.Of(("x-consumer-timeout", 3000)), Fields.Of(("max-length", 5))));
        Assert.Equal(1_800_000, Timeout(FieldTable.Empty, Fields.Of(("max-length", 5))));
    }

    [Theory]
    [InlineData("message-ttl", 5, 3, 3)]
    [InlineData("max-length", 5, 9, 5)]
    [InlineData("delivery-limit", 5, -1, 5)]
    [InlineData("delivery-limit", -1, 5, 5)]
    [InlineData("delivery-limit", 5, 3, 3)]
    [InlineData("delivery-limit", -1, -2, -1)]
    [InlineData("queue-version", 2, 1, 1)]
    [InlineData("overflow", "drop-head", "reject-publish", "reject-publish")]
    [InlineData("target-group-size", 3, 5, 5)]
    [InlineData("ha-mode", "exactly", "all", "all")]
    [InlineData("ha-mode", "all", "nodes", "all")]
    [InlineData("ha-mode", "exactly", "nodes", "exactly")]
    [InlineData("ha-sync-mode", "manual", "automatic", "automatic")]
    [InlineData("ha-params", 2, 5, 5)]
    public void What_both_policies_set(string key, object policy, object operatorPolicy, object expected) =>
        Assert.Equal(
            Fields.Of((key, expected)), PolicyMerge.Of(Fields.Of((key, policy)), Fields.Of((key, operatorPolicy))));

    [Fact]
    public void Mirrors_on_a_number_of_nodes_go_before_named_ones_and_many_before_few()
    {
        object?[] two = ["a", "b"];
        object?[] one = ["c"];
        Assert.Equal(Fields.Of(("ha-params", 1)), PolicyMerge.Of(
            Fields.Of(("ha-params", two)), Fields.Of(("ha-params", 1))));
        Assert.Equal(Fields.Of(("ha-params", two)), PolicyMerge.Of(
            Fields.Of(("ha-params", two)), Fields.Of(("ha-params", one))));
    }

    [Fact]
    public void Keys_of_both_are_there_in_order()
    {
        FieldTable merged = PolicyMerge.Of(
            Fields.Of(("max-length", 3), ("overflow", "drop-head")), Fields.Of(("expires", 1), ("message-ttl", 2)));
        Assert.Equal(["expires", "max-length", "message-ttl", "overflow"], merged.Select(field => field.Key));
    }

    private static long? Timeout(FieldTable arguments, FieldTable policy) =>
        Settings(QueueType.Classic, arguments, policy).ConsumerTimeoutMs;

    private static QueueSettings Settings(
        QueueType type, FieldTable arguments, FieldTable policy, FieldTable? operatorPolicy = null) =>
        PolicySettings.Of(
            type, false, arguments,
            new EffectivePolicy(PolicyOf(policy), operatorPolicy is null ? null : PolicyOf(operatorPolicy)),
            new BrokerOptions());

    private static Policy PolicyOf(FieldTable definition) =>
        new("p", NamePattern.Everything, PolicyTarget.All, 0, definition);
}
