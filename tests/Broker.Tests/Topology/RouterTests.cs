using Warren.Amqp;
using Warren.Broker.Exchanges;
using Warren.Broker.Topology;
using Xunit;
using static Warren.Broker.Tests.Topology.Domain;

namespace Warren.Broker.Tests.Topology;

public sealed class RouterTests
{
    private static readonly Vhost Fresh = Vhost.Create("/").WithQueues("p", "q", "r");

    [Fact]
    public void The_default_exchange_routes_to_the_queue_named_by_the_key()
    {
        Assert.Equal("q", Fresh.Route("", "q"));
        Assert.Equal("", Fresh.Route("", "none"));
        Assert.Equal("no exchange", Fresh.Route("none", "q"));
    }

    [Fact]
    public void A_queue_reached_on_several_ways_gets_one_copy()
    {
        Vhost vhost = Fresh.Bind("amq.direct", "q", "k").Bind("amq.topic", "q", "#").Bind("amq.topic", "q", "k")
            .BindExchange("amq.direct", "amq.topic", "k").BindExchange("amq.topic", "amq.fanout", "*")
            .Bind("amq.fanout", "q").Bind("amq.fanout", "p");
        Assert.Equal("p q", vhost.Route("amq.direct", "k"));
    }

    [Fact]
    public void Duplicates_are_found_in_wide_routes_too()
    {
        Vhost vhost = Vhost.Create("/");
        for (int i = 0; i < 500; i++)
        {
            vhost = vhost.WithQueues($"q{i}");
            if (i < 300)
                vhost = vhost.Bind("amq.fanout", $"q{i}");
            if (i >= 100)
                vhost = vhost.Bind("amq.topic", $"q{i}", "#").Bind("amq.topic", $"q{i}", "k");
        }
        vhost = vhost.BindExchange("amq.fanout", "amq.topic");
        var routes = new RouteSet(new Random(1));
        for (int round = 0; round < 3; round++)
        {
            vhost.Route("amq.fanout", "k", routes: routes);
            Assert.Equal(500, routes.Count);
            Assert.Equal(500, Names(routes).Split(' ').Distinct().Count());
            Assert.Equal("q7", vhost.Route("", "q7", routes: routes));
        }
    }

    [Fact]
    public void A_cycle_of_exchanges_ends()
    {
        Vhost vhost = Fresh.BindExchange("amq.direct", "amq.topic", "k").BindExchange("amq.topic", "amq.direct", "k")
            .BindExchange("amq.direct", "amq.direct", "k").Bind("amq.topic", "q", "k");
        Assert.Equal("q", vhost.Route("amq.direct", "k"));
    }

    [Fact]
    public void An_alternate_takes_what_no_binding_matches_and_hands_it_on()
    {
        Vhost vhost = Fresh.WithExchange(Exchange("a", "direct", Alternate("b")))
            .WithExchange(Exchange("b", "direct", Alternate("amq.fanout")))
            .Bind("a", "p", "p").Bind("b", "q", "q").Bind("amq.fanout", "r");
        Assert.Equal("p", vhost.Route("a", "p"));
        Assert.Equal("q", vhost.Route("a", "q"));
        Assert.Equal("r", vhost.Route("a", "none"));
    }

    [Fact]
    public void Alternates_in_a_circle_or_missing_leave_the_message_unroutable()
    {
        Vhost vhost = Fresh.WithExchange(Exchange("a", "direct", Alternate("b")))
            .WithExchange(Exchange("b", "direct", Alternate("a")))
            .WithExchange(Exchange("c", "direct", Alternate("none")))
            .WithExchange(Exchange("d", "direct", Alternate("")));
        Assert.Equal("", vhost.Route("a", "q"));
        Assert.Equal("", vhost.Route("c", "q"));
        // The default exchange's bindings are no bindings to an alternate.
        Assert.Equal("", vhost.Route("d", "q"));
    }

    [Fact]
    public void A_binding_that_leads_nowhere_is_a_match_all_the_same()
    {
        Vhost vhost = Fresh.WithExchange(Exchange("a", "direct", Alternate("amq.fanout"))).Bind("amq.fanout", "q")
            .WithExchange(Exchange("empty", "direct")).BindExchange("a", "empty", "k");
        Assert.Equal("", vhost.Route("a", "k"));
        Assert.Equal("q", vhost.Route("a", "other"));
    }

    [Fact]
    public void An_exchange_further_on_has_its_alternate_asked_too()
    {
        Vhost vhost = Fresh.WithExchange(Exchange("a", "direct", Alternate("amq.fanout"))).Bind("amq.fanout", "q")
            .BindExchange("amq.topic", "a", "#").Bind("amq.topic", "p", "#");
        Assert.Equal("p q", vhost.Route("amq.topic", "k"));
    }

    [Fact]
    public void Keys_of_cc_and_bcc_count_as_the_key_does()
    {
        FieldTable headers = Table(
            ("CC", FieldValue.Of(new FieldArray(FieldValue.Of("q"), FieldValue.Of(1), FieldValue.Of("q")))),
            ("BCC", FieldValue.Of(new FieldArray(FieldValue.Of("r")))),
            ("cc", FieldValue.Of(new FieldArray(FieldValue.Of("p")))));
        var routes = new RouteSet(new Random(1));
        Assert.Equal("q r", Fresh.Route("", "none", headers, routes));
        Assert.False(routes.IsCacheable);

        Vhost vhost = Fresh.Bind("amq.direct", "p", "p").Bind("amq.direct", "q", "q")
            .BindExchange("amq.direct", "amq.topic", "q").Bind("amq.topic", "r", "r");
        Assert.Equal("p q r", vhost.Route("amq.direct", "p", headers, routes));
    }

    [Fact]
    public void A_route_may_be_cached_where_exchange_and_key_decide_alone()
    {
        Vhost vhost = Fresh.Bind("amq.direct", "q", "plain").BindExchange("amq.direct", "amq.headers", "headers")
            .WithExchange(Exchange("x", "direct", Alternate("amq.match")));
        var routes = new RouteSet(new Random(1));
        Assert.True(Cacheable("", "q"));
        Assert.True(Cacheable("amq.direct", "plain"));
        Assert.True(Cacheable("amq.fanout", "plain"));
        Assert.False(Cacheable("amq.direct", "headers"));
        Assert.False(Cacheable("x", "none"));

        bool Cacheable(string exchange, string key)
        {
            vhost.Route(exchange, key, routes: routes);
            return routes.IsCacheable;
        }
    }

    [Fact]
    public void Versions_of_the_snapshot_count_changes()
    {
        TopologySnapshot snapshot = TopologySnapshot.Empty.With(Fresh).With(Vhost.Create("other"));
        Assert.Equal((2, 2L), (snapshot.Vhosts.Count, snapshot.Version));
        Assert.Same(snapshot, snapshot.Without("none"));
        Assert.Equal((1, 3L), (snapshot.Without("other").Vhosts.Count, snapshot.Without("other").Version));
    }
}
