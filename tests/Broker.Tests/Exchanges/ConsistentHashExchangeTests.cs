using Warren.Amqp;
using Warren.Broker.Exchanges;
using Warren.Broker.Tests.Topology;
using Warren.Broker.Topology;
using Xunit;
using static Warren.Broker.Tests.Topology.Domain;

namespace Warren.Broker.Tests.Exchanges;

public sealed class ConsistentHashExchangeTests
{
    private const int Keys = 20_000;

    private static readonly Vhost Fresh = Vhost.Create("/").WithQueues("a", "b", "c")
        .WithExchange(Exchange("x", "x-consistent-hash"));

    [Fact]
    public void Queues_get_messages_by_their_weights()
    {
        Vhost vhost = Fresh.Bind("x", "a", "1").Bind("x", "b", "2").Bind("x", "c", "5");
        Dictionary<string, int> shares = Placed(vhost).GroupBy(q => q).ToDictionary(g => g.Key, g => g.Count());
        Assert.InRange(shares["a"], Keys / 8 * 0.9, Keys / 8 * 1.1);
        Assert.InRange(shares["b"], Keys / 4 * 0.9, Keys / 4 * 1.1);
        Assert.InRange(shares["c"], Keys * 5 / 8 * 0.9, Keys * 5 / 8 * 1.1);
    }

    [Fact]
    public void A_queue_that_comes_takes_its_share_and_nothing_else_moves()
    {
        string[] before = Placed(Fresh.Bind("x", "a", "10").Bind("x", "b", "10"));
        string[] after = Placed(Fresh.Bind("x", "a", "10").Bind("x", "b", "10").Bind("x", "c", "10"));
        int moved = 0;
        for (int i = 0; i < Keys; i++)
        {
            if (before[i] == after[i])
                continue;
            Assert.Equal("c", after[i]);
            moved++;
        }
        Assert.InRange(moved, Keys / 3 * 0.9, Keys / 3 * 1.1);
    }

    [Fact]
    public void The_last_queue_that_goes_leaves_the_others_as_they_were()
    {
        Vhost two = Fresh.Bind("x", "a", "3").Bind("x", "b", "4");
        Vhost back = two.Bind("x", "c", "5").WithoutBinding(ToQueue("x", "c", "5")).Vhost;
        Assert.Equal(Placed(two), Placed(back));
    }

    [Fact]
    public void A_queue_that_goes_from_the_middle_lets_the_later_ones_move_down()
    {
        Vhost vhost = Fresh.Bind("x", "a", "3").Bind("x", "b", "4").Bind("x", "c", "5");
        Assert.Equal(Placed(Fresh.Bind("x", "a", "3").Bind("x", "c", "5")), Placed(vhost.WithoutQueue("b").Vhost));
    }

    [Fact]
    public void A_second_binding_of_a_queue_adds_no_weight_and_keeps_it_bound()
    {
        Vhost once = Fresh.Bind("x", "a", "1").Bind("x", "b", "1");
        Vhost twice = once.Bind("x", "a", "9");
        Assert.Equal(Placed(once), Placed(twice));
        Assert.Equal(Placed(once), Placed(twice.WithoutBinding(ToQueue("x", "a", "9")).Vhost));
        Assert.DoesNotContain("a", Placed(once.WithoutBinding(ToQueue("x", "a", "1")).Vhost));
    }

    [Fact]
    public void A_huge_weight_costs_no_memory()
    {
        Vhost vhost = Fresh.Bind("x", "a", "99999999999999999999").Bind("x", "b", "1");
        Assert.Equal("a", vhost.Route("x", "k"));
    }

    [Fact]
    public void Without_bindings_nothing_is_routed()
    {
        Assert.Equal("", Fresh.Route("x", "k"));
    }

    [Theory]
    [InlineData("message_id")]
    [InlineData("correlation_id")]
    [InlineData("timestamp")]
    [InlineData("h")]
    public void A_header_or_property_decides_where_an_argument_names_one(string name)
    {
        FieldTable arguments = Table((name == "h" ? "hash-header" : "hash-property", FieldValue.Of(name)));
        Vhost vhost = Vhost.Create("/").WithQueues("a", "b", "c")
            .WithExchange(Exchange("x", "x-consistent-hash", arguments))
            .Bind("x", "a", "1").Bind("x", "b", "1").Bind("x", "c", "1");
        var routes = new RouteSet(new Random(1));
        var places = new HashSet<string>();
        for (int i = 0; i < 100; i++)
        {
            byte[] raw = new BasicProperties
            {
                MessageId = $"m{i}",
                CorrelationId = $"c{i}",
                Timestamp = (ulong)i,
                Headers = Table(("h", i % 2 == 0 ? FieldValue.Of(i) : FieldValue.Of($"{i}"))),
            }.ToArray();
            string place = Place(raw, "one key");
            Assert.Equal(place, Place(raw, "another key"));
            places.Add(place);
        }
        Assert.Equal(3, places.Count);
        Assert.False(routes.IsCacheable);
        Assert.Single(Enumerable.Range(0, 100).Select(i => Place([0, 0], $"k{i}")).Distinct());

        string Place(byte[] raw, string key)
        {
            Router.Route(vhost, "x", new RoutingInput(key, PropertiesView.Parse(raw)), routes);
            return Names(routes);
        }
    }

    [Fact]
    public void Equal_numbers_of_other_types_go_to_the_same_queue()
    {
        Vhost vhost = Vhost.Create("/").WithQueues("a", "b", "c")
            .WithExchange(Exchange("x", "x-consistent-hash", Table(("hash-header", FieldValue.Of("h")))))
            .Bind("x", "a", "1").Bind("x", "b", "1").Bind("x", "c", "1");
        for (int i = 0; i < 100; i++)
        {
            Assert.Equal(
                vhost.Route("x", "", Table(("h", FieldValue.Of(i)))),
                vhost.Route("x", "", Table(("h", FieldValue.Of((long)i)))));
        }
    }

    [Theory]
    [InlineData("abc", "PRECONDITION_FAILED - The binding key must be an integer: <<\"abc\">>")]
    [InlineData("", "PRECONDITION_FAILED - The binding key must be an integer: <<>>")]
    [InlineData("1.5", "PRECONDITION_FAILED - The binding key must be an integer: <<\"1.5\">>")]
    [InlineData("0", "PRECONDITION_FAILED - The binding key must be greater than 0")]
    [InlineData("-3", "PRECONDITION_FAILED - The binding key must be greater than 0")]
    public void A_key_that_is_no_weight_is_refused(string key, string text)
    {
        Exchange exchange = Exchange("x", "x-consistent-hash");
        Assert.Equal(text, Assert.Throws<AmqpException>(() => exchange.Validate(ToQueue("x", "q", key))).ReplyText);
        exchange.Validate(ToQueue("x", "q", "+1"));
    }

    [Fact]
    public void Arguments_that_contradict_or_mean_nothing_are_refused()
    {
        FieldTable both = Table(("hash-header", FieldValue.Of("h")), ("hash-property", FieldValue.Of("message_id")));
        Assert.Equal(
            "PRECONDITION_FAILED - hash-header and hash-property are mutually exclusive",
            Assert.Throws<AmqpException>(() => Exchange("x", "x-consistent-hash", both)).ReplyText);
        FieldTable wrong = Table(("hash-property", FieldValue.Of("priority")));
        Assert.Equal(
            "PRECONDITION_FAILED - Unsupported property: priority",
            Assert.Throws<AmqpException>(() => Exchange("x", "x-consistent-hash", wrong)).ReplyText);
    }

    private static string[] Placed(Vhost vhost)
    {
        var routes = new RouteSet(new Random(1));
        return [.. Enumerable.Range(0, Keys).Select(i => vhost.Route("x", $"key-{i}", routes: routes))];
    }
}
