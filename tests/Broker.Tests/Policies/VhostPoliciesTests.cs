using Warren.Amqp;
using Warren.Broker.Definitions;
using Warren.Broker.Definitions.Entries;
using Warren.Broker.Exchanges;
using Warren.Broker.Policies;
using Warren.Broker.Queues;
using Warren.Broker.Security;
using Warren.Broker.Tests.Definitions;
using Warren.Broker.Topology;
using Warren.Storage.Disk;
using Xunit;

namespace Warren.Broker.Tests.Policies;

/// <summary>Which policy is in force where.</summary>
public sealed class VhostPoliciesTests
{
    [Theory]
    [InlineData("all", QueueType.Classic, true)]
    [InlineData("queues", QueueType.Quorum, true)]
    [InlineData("classic_queues", QueueType.Classic, true)]
    [InlineData("classic_queues", QueueType.Quorum, false)]
    [InlineData("quorum_queues", QueueType.Quorum, true)]
    [InlineData("quorum_queues", QueueType.Classic, false)]
    [InlineData("streams", QueueType.Stream, true)]
    [InlineData("streams", QueueType.Classic, false)]
    [InlineData("exchanges", QueueType.Classic, false)]
    public void Apply_to_chooses_the_type(string target, QueueType type, bool matches)
    {
        Policy policy = Make("p", "q", target: target, definition: Fields.Of(("max-length-bytes", 1)));
        Assert.Equal(matches, policy.Matches("q", type));
        Assert.Equal(target is "all" or "exchanges", policy.MatchesExchange("q"));
    }

    /// <summary>
    /// is_policy_applicable of 3.13: a mirroring policy for everything must not hide those of quorum queues.
    /// </summary>
    [Theory]
    [InlineData("ha-mode", QueueType.Classic, true)]
    [InlineData("ha-mode", QueueType.Quorum, false)]
    [InlineData("ha-mode", QueueType.Stream, false)]
    [InlineData("delivery-limit", QueueType.Classic, false)]
    [InlineData("delivery-limit", QueueType.Quorum, true)]
    [InlineData("queue-leader-locator", QueueType.Classic, false)]
    [InlineData("message-ttl", QueueType.Stream, false)]
    [InlineData("max-length-bytes", QueueType.Stream, true)]
    [InlineData("max-age", QueueType.Quorum, false)]
    public void A_policy_with_a_key_that_a_type_cannot_follow_is_not_for_it(string key, QueueType type, bool matches)
    {
        Policy policy = Make("p", ".*", definition: Fields.Of((key, 1), ("max-length-bytes", 5)));
        Assert.Equal(matches, policy.Matches("q", type));
        Assert.True(policy.MatchesExchange("q"));
    }

    [Fact]
    public void The_highest_priority_wins_and_of_equals_the_first_by_name()
    {
        VhostPolicies policies = VhostPolicies.Empty
            .With(Make("low", ".*"), false).With(Make("b", "^q", 5), false).With(Make("a", "^q", 5), false)
            .With(Make("high", "^other", 9), false);
        Assert.Equal("a", policies.Match("q", QueueType.Classic)!.Policy!.Name);
        Assert.Equal("low", policies.Match("x", QueueType.Classic)!.Policy!.Name);
        Assert.Equal("b", policies.Without("a", false).Match("q", QueueType.Classic)!.Policy!.Name);
        Assert.Equal(["high", "a", "b", "low"], policies.All(false).Select(policy => policy.Name));
        Assert.Equal(
            "a", policies.With(Make("b", "^q", 5), false).Match("q", QueueType.Classic)!.Policy!.Name);
    }

    [Fact]
    public void Patterns_are_those_of_permissions()
    {
        Assert.True(Make("p", "^(?!amq\\.).*").Matches("orders", QueueType.Classic));
        Assert.False(Make("p", "^(?!amq\\.).*").Matches("amq.gen-x", QueueType.Classic));
        Assert.True(Make("p", "rder").Matches("orders", QueueType.Classic));
        // But for the empty one, which is for everything.
        Assert.True(Make("p", "").Matches("orders", QueueType.Classic));
        Assert.True(Make("p", "").MatchesExchange("amq.topic"));
    }

    /// <summary>
    /// Policies of both sets, queues and exchanges come and go at random: what is in force is always what there would
    /// be had all been made in any other order, and what each queue goes by is that.
    /// </summary>
    [Fact]
    public void What_is_in_force_does_not_depend_on_the_way_there()
    {
        for (int seed = 0; seed < 30; seed++)
        {
            var random = new Random(seed);
            using var node = new DefinitionsNode(new MemoryDisk());
            node.Do(Samples.Vhost());
            for (int step = 0; step < 80; step++)
            {
                node.Do(Draw(random));
                Check(node, $"seed {seed} step {step}");
            }
        }
    }

    private static DefinitionsEntry Draw(Random random)
    {
        string name = $"{"abc"[random.Next(3)]}{random.Next(3)}";
        bool isOperators = random.Next(2) == 0;
        DefinitionsEntry entry = random.Next(6) switch
        {
            0 or 1 => new PolicyEntry("v", RandomPolicy(random), isOperators),
            2 => Samples.Exchange(name, autoDelete: random.Next(2) == 0),
            3 => Samples.Queue(name, arguments: FieldTable.Empty) with { Type = QueueType.Quorum },
            _ => Samples.Queue(name, arguments: Fields.Of(("x-max-length", random.Next(5)))),
        };
        return random.Next(3) == 0 ? new RemovalEntry(entry.Key) : entry;
    }

    private static Policy RandomPolicy(Random random)
    {
        string[] patterns = [".*", "^a", "1$", "^(?!b)", "nothing"];
        string[] targets = ["all", "queues", "classic_queues", "quorum_queues", "exchanges"];
        FieldTable[] definitions =
        [
            Fields.Of(("max-length", random.Next(5))), Fields.Of(("alternate-exchange", $"{random.Next(3)}")),
            Fields.Of(("delivery-limit", 3), ("max-length", 4)), Fields.Of(("ha-mode", "all")),
        ];
        return Make(
            $"p{random.Next(5)}", patterns[random.Next(5)], random.Next(3), targets[random.Next(5)],
            definitions[random.Next(4)]);
    }

    private static void Check(DefinitionsNode node, string when)
    {
        Vhost vhost = node.Store.FindVhost("v")!;
        int matched = 0;
        foreach ((string name, QueueDefinition queue) in vhost.Queues)
        {
            EffectivePolicy? expected = vhost.Policies.Match(name, queue.Type);
            vhost.Policies.OfQueues.TryGetValue(name, out EffectivePolicy? found);
            Assert.True(expected?.Policy == found?.Policy, when);
            Assert.True(expected?.OperatorPolicy == found?.OperatorPolicy, when);
            Assert.Equal(
                PolicySettings.Of(queue.Type, queue.AutoDelete, queue.Arguments, expected, node.Broker.Options),
                queue.Home.Settings);
            matched += found is null ? 0 : 1;
        }
        Assert.True(matched == vhost.Policies.OfQueues.Count, when);
        foreach ((string name, Exchange exchange) in vhost.Exchanges)
        {
            EffectivePolicy? expected = vhost.Policies.MatchExchange(name);
            Assert.True(expected?.Policy == exchange.Policy?.Policy, when);
            Assert.True(expected?.OperatorPolicy == exchange.Policy?.OperatorPolicy, when);
            string? alternate = expected?.Definition.TryGetValue("alternate-exchange", out FieldValue value) == true
                ? value.AsText()
                : null;
            Assert.Equal(alternate, exchange.AlternateExchange);
        }
    }

    private static Policy Make(
        string name, string pattern, long priority = 0, string target = "all", FieldTable? definition = null)
    {
        Assert.True(PolicyTargets.TryParse(target, out PolicyTarget known));
        return new Policy(
            name, NamePattern.Compile(pattern), known, priority, definition ?? Fields.Of(("max-length-bytes", 1)));
    }
}
