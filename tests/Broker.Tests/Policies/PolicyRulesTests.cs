using Warren.Amqp;
using Warren.Broker.Administration;
using Warren.Broker.Policies;
using Xunit;

namespace Warren.Broker.Tests.Policies;

/// <summary>
/// What a policy may hold, in the words of RabbitMQ: those recorded of 3.10 where 3.13 has the same, else those of the
/// source of 3.13.
/// </summary>
public sealed class PolicyRulesTests
{
    public static TheoryData<string, object?, string?> Values => new()
    {
        { "alternate-exchange", "ae", null },
        { "alternate-exchange", 5, "5 is not a valid alternate exchange name" },
        { "consumer-timeout", 0, null },
        { "consumer-timeout", -1, "-1 is not a valid consumer timeout" },
        { "dead-letter-exchange", "", null },
        { "dead-letter-exchange", true, "true is not a valid dead letter exchange name" },
        { "dead-letter-routing-key", 1.5, "1.5 is not a valid dead letter routing key" },
        { "dead-letter-strategy", "at-least-once", null },
        { "dead-letter-strategy", "twice", "<<\"twice\">> is not a valid dead letter strategy" },
        { "message-ttl", 0, null },
        { "message-ttl", -1, "-1 is not a valid message TTL" },
        { "message-ttl", "a", "<<\"a\">> is not a valid message TTL" },
        { "expires", 1, null },
        { "expires", 0, "0 is not a valid queue expiry" },
        { "max-length", 0, null },
        { "max-length", -5, "-5 is not a valid maximum length" },
        { "max-length-bytes", null, "null is not a valid maximum length in bytes" },
        { "max-in-memory-length", -1, "-1 is not a valid maximum memory in bytes" },
        { "max-in-memory-bytes", "x", "<<\"x\">> is not a valid maximum memory in bytes" },
        { "queue-mode", "lazy", null },
        { "queue-mode", "busy", "<<\"busy\">> is not a valid queue-mode value" },
        { "queue-version", 2, null },
        { "queue-version", 3, "3 is not a valid queue-version value" },
        { "overflow", "reject-publish-dlx", null },
        { "overflow", "drop-tail", "<<\"drop-tail\">> is not a valid overflow value" },
        { "delivery-limit", 0, null },
        { "delivery-limit", -1, null },
        { "delivery-limit", "5", "<<\"5\">> is not a valid delivery limit" },
        { "max-age", "7D", null },
        { "max-age", "7", "<<\"7\">> is not a valid max age" },
        { "queue-leader-locator", "balanced", null },
        { "queue-leader-locator", "nearby", "<<\"nearby\">> is not a valid queue leader locator value" },
        { "queue-master-locator", "min-masters", null },
        { "queue-master-locator", "max", "<<\"max\">> invalid queue-master-locator value" },
        { "initial-cluster-size", -1, "-1 is not a valid cluster size" },
        { "target-group-size", 3, null },
        { "target-group-size", 0, "0 is not a valid qq target count value" },
        { "stream-max-segment-size-bytes", 3_000_000_000L, null },
        { "stream-max-segment-size-bytes", 3_000_000_001L, "3000000001 is not a valid segment size" },
        { "stream-filter-size-bytes", 16, null },
        { "stream-filter-size-bytes", 15, "15 is not a valid filter size. Valid range is 16-255" },
        { "federation-upstream", "up", null },
        { "federation-upstream-set", 5, "federation-upstream-set should be binary, actually was 5" },
        {
            "federation-upstream-pattern", "(",
            "federation-upstream-pattern should be regular expression but is invalid: {\"missing )\",1}"
        },
        { "consumer-disconnected-timeout", -1, "-1 is not a valid consumer disconnected timeout" },
        { "delayed-retry-min", 0, "0 is not a valid delayed retry minimum delay. Must be a positive integer" },
        { "delayed-retry-type", "all", "delayed-retry-min is required when delayed-retry-type is all" },
        { "delayed-retry-type", "disabled", null },
        { "bogus", 1, "[{<<\"bogus\">>,1}] are not recognised policy settings" },
        { "bogus", Fields.Of(("b", 1), ("a", "x")),
            "[{<<\"bogus\">>,#{<<\"a\">> => <<\"x\">>,<<\"b\">> => 1}}] are not recognised policy settings" },
        { "bogus", new object?[] { 1, 300, "x", null }, "[{<<\"bogus\">>,[1,300,<<\"x\">>,null]}] are not recognised "
            + "policy settings" },
        { "ha-mode", "all", null },
        { "ha-mode", "some", "<<\"some\">> is not a valid ha-mode value" },
        { "ha-params", 2, "ha-mode must be specified to specify ha-params, ha-sync-mode or ha-promote-on-shutdown" },
    };

    [Theory]
    [MemberData(nameof(Values))]
    public void One_key(string key, object? value, string? expected) =>
        Assert.Equal(expected, PolicyRules.Check(Fields.Of((key, value)), isOperators: false));

    public static TheoryData<object?, string, object?, string?> Mirrors => new()
    {
        { "all", "ha-params", 2, "ha-mode=\"all\" does not take parameters" },
        { "exactly", "ha-params", 2, null },
        { "exactly", "ha-params", 0, "ha-mode=\"exactly\" takes an integer, 0 given" },
        { "exactly", "ha-sync-mode", "manual", "ha-mode=\"exactly\" takes an integer, none given" },
        { "nodes", "ha-params", new object?[] { "rabbit@a" }, null },
        { "nodes", "ha-params", Array.Empty<object?>(), "ha-mode=\"nodes\" list must be non-empty" },
        { "nodes", "ha-params", 5, "ha-mode=\"nodes\" takes a list, 5 given" },
        { "nodes", "ha-params", new object?[] { "a", true },
            "ha-mode=\"nodes\" takes a list of strings, [true] was not a string" },
        { "all", "ha-sync-mode", "automatic", null },
        { "all", "ha-sync-mode", "soon", "ha-sync-mode must be \"manual\" or \"automatic\", got <<\"soon\">>" },
        { "all", "ha-sync-batch-size", 0, "ha-sync-batch-size takes an integer greater than 0, 0 given" },
        { "all", "ha-promote-on-shutdown", "never",
            "ha-promote-on-shutdown must be \"always\" or \"when-synced\", got <<\"never\">>" },
        { "all", "ha-promote-on-failure", "when-synced", null },
    };

    [Theory]
    [MemberData(nameof(Mirrors))]
    public void Keys_of_mirrors_are_checked_together(object? mode, string key, object? value, string? expected) =>
        Assert.Equal(expected, PolicyRules.Check(Fields.Of(("ha-mode", mode), (key, value)), isOperators: false));

    [Fact]
    public void A_wrong_value_is_told_before_unknown_keys_and_those_all_at_once()
    {
        Assert.Equal("no policy provided", PolicyRules.Check(FieldTable.Empty, isOperators: false));
        Assert.Equal(
            "0 is not a valid queue expiry",
            PolicyRules.Check(Fields.Of(("a", 1), ("max-length", -1), ("expires", 0)), isOperators: false));
        Assert.Equal(
            "[{<<\"a\">>,1},{<<\"z\">>,true}] are not recognised policy settings",
            PolicyRules.Check(Fields.Of(("z", true), ("a", 1), ("max-length", 1)), isOperators: false));
    }

    [Theory]
    [InlineData("expires", 5)]
    [InlineData("message-ttl", 5)]
    [InlineData("max-length", 5)]
    [InlineData("max-length-bytes", 5)]
    [InlineData("max-in-memory-length", 5)]
    [InlineData("max-in-memory-bytes", 5)]
    [InlineData("delivery-limit", 5)]
    [InlineData("queue-version", 2)]
    [InlineData("overflow", "drop-head")]
    [InlineData("target-group-size", 5)]
    [InlineData("ha-mode", "all")]
    public void Operators_may_set_these(string key, object value) =>
        Assert.Null(PolicyRules.Check(Fields.Of((key, value)), isOperators: true));

    [Theory]
    [InlineData("dead-letter-exchange", "a")]
    [InlineData("alternate-exchange", "a")]
    [InlineData("consumer-timeout", 5)]
    [InlineData("queue-mode", "lazy")]
    [InlineData("max-age", "7D")]
    public void And_no_others(string key, object value)
    {
        Assert.Null(PolicyRules.Check(Fields.Of((key, value)), isOperators: false));
        Assert.EndsWith(
            "are not recognised policy settings",
            PolicyRules.Check(Fields.Of((key, value)), isOperators: true),
            StringComparison.Ordinal);
    }

    [Fact]
    public void All_that_is_wrong_with_the_rest_is_told_at_once()
    {
        FieldTable term = Fields.Of(
            ("pattern", "("), ("priority", "a"), ("apply-to", "zz"), ("definition", Fields.Of(("foo", 1))), ("x", 1));
        Assert.Equal(
            "Validation failed\n\n"
            + "Unrecognised terms [{<<\"x\">>,1}] in p\n"
            + "[{<<\"foo\">>,1}] are not recognised policy settings\n"
            + "apply-to 'zz' unrecognised; should be one of: 'queues', 'classic_queues',  'quorum_queues', 'streams', "
            + "'exchanges', or 'all'\n"
            + "pattern should be regular expression but is invalid: {\"missing )\",1}\n"
            + "priority should be a number, actually was <<\"a\">>\n",
            Refusal("p", term));
        Assert.Equal(
            "Validation failed\n\nKey \"definition\" not found in p\nKey \"pattern\" not found in p\n"
            + "Key \"priority\" not found in p\n",
            Refusal("p", FieldTable.Empty));
        Assert.Equal(
            "Validation failed\n\nno policy provided\n",
            Refusal("p", Fields.Of(("pattern", "a"), ("priority", 0), ("definition", FieldTable.Empty))));
    }

    [Fact]
    public void What_cannot_be_kept_is_refused()
    {
        FieldTable deep = FieldTable.Empty;
        for (int depth = 0; depth < FieldTable.NestingLimit; depth++)
            deep = Fields.Of(("d", deep));
        Assert.Equal("A value may be nested 56 levels deep at most", Refusal("p", deep));
        Assert.Equal(
            "A key must have 255 bytes at most", Refusal("p", Fields.Of((new string('k', 256), 1))));
        Assert.Equal("policy name must have 255 bytes at most", Refusal(new string('ä', 128), FieldTable.Empty));
    }

    private static string Refusal(string name, FieldTable term)
    {
        AdministrationException refusal =
            Assert.Throws<AdministrationException>(() => PolicyTerm.Read(name, term, isOperators: false));
        Assert.Equal(AdministrationFailure.InvalidArgument, refusal.Failure);
        return refusal.Message;
    }
}
