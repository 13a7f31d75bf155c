using Warren.Amqp;
using Warren.Broker.Exchanges;
using Warren.Broker.Policies;
using Warren.Broker.Queues;
using Warren.Broker.Security;
using Warren.Broker.Topology;
using Xunit;
using static Warren.Broker.Tests.Topology.Domain;

namespace Warren.Broker.Tests.Topology;

public sealed class VhostTests
{
    private static readonly Vhost Fresh = Vhost.Create("/");

    [Theory]
    [InlineData("", "direct", false)]
    [InlineData("amq.direct", "direct", false)]
    [InlineData("amq.fanout", "fanout", false)]
    [InlineData("amq.topic", "topic", false)]
    [InlineData("amq.headers", "headers", false)]
    [InlineData("amq.match", "headers", false)]
    [InlineData("amq.rabbitmq.trace", "topic", true)]
    public void A_fresh_vhost_has_the_predeclared_exchanges(string name, string type, bool isInternal)
    {
        Assert.Equal(7, Fresh.Exchanges.Count);
        Assert.True(Fresh.Exchanges.TryGetValue(name, out Exchange? exchange));
        Assert.Equal((type, true, false, isInternal),
            (exchange.Type, exchange.Durable, exchange.AutoDelete, exchange.Internal));
    }

    [Fact]
    public void The_same_binding_twice_is_one_whatever_the_order_of_its_arguments()
    {
        FieldTable one = Table(("a", FieldValue.Of(1)), ("b", FieldValue.Of(2)));
        FieldTable other = Table(("b", FieldValue.Of(2)), ("a", FieldValue.Of(1)));
        Vhost vhost = Fresh.WithQueues("q").Bind("amq.direct", "q", "k", one);
        Assert.Same(vhost, vhost.Bind("amq.direct", "q", "k", other));
        Assert.Single(vhost.BindingsFrom("amq.direct"));

        vhost = vhost.Bind("amq.direct", "q", "k");
        Assert.Equal(2, vhost.BindingsFrom("amq.direct").Count);
        Assert.Equal("q", vhost.Route("amq.direct", "k"));
        vhost = vhost.WithoutBinding(ToQueue("amq.direct", "q", "k", other)).Vhost;
        Assert.Equal("q", vhost.Route("amq.direct", "k"));
        vhost = vhost.WithoutBinding(ToQueue("amq.direct", "q", "k")).Vhost;
        Assert.Equal("", vhost.Route("amq.direct", "k"));
    }

    [Fact]
    public void Removing_what_is_not_there_changes_nothing()
    {
        Vhost vhost = Fresh.WithQueues("q");
        Assert.Same(vhost, vhost.WithoutBinding(ToQueue("amq.direct", "q", "k")).Vhost);
        Assert.Same(vhost, vhost.WithoutQueue("none").Vhost);
        Assert.True(vhost.WithoutExchange("none").IsNothing);
    }

    [Fact]
    public void A_binding_needs_both_its_ends()
    {
        Vhost vhost = Fresh.WithQueues("q");
        Assert.Throws<InvalidOperationException>(() => vhost.Bind("amq.direct", "none"));
        Assert.Throws<InvalidOperationException>(() => vhost.Bind("none", "q"));
        Assert.Throws<InvalidOperationException>(() => vhost.BindExchange("amq.direct", "none"));
    }

    [Fact]
    public void A_queue_takes_its_bindings_and_unused_auto_delete_exchanges_along()
    {
        // top -> x -> q, all auto-delete; kept has another binding; plain is not auto-delete.
        Vhost vhost = Fresh.WithQueues("q", "other")
            .WithExchange(Exchange("top", "fanout", autoDelete: true))
            .WithExchange(Exchange("x", "fanout", autoDelete: true))
            .WithExchange(Exchange("kept", "fanout", autoDelete: true))
            .WithExchange(Exchange("plain", "fanout"))
            .WithExchange(Exchange("unused", "fanout", autoDelete: true))
            .BindExchange("top", "x").Bind("x", "q").Bind("kept", "q").Bind("kept", "other").Bind("plain", "q");

        VhostChange change = vhost.WithoutQueue("q");

        Assert.Equal(["x", "top"], change.RemovedExchanges.Select(e => e.Name));
        Assert.Equal(4, change.RemovedBindings.Count);
        Assert.Equal(ToExchange("top", "x"), change.RemovedBindings[^1]);
        Assert.True(change.Vhost.Exchanges.Contains("unused"));
        Assert.Equal("other", change.Vhost.Route("kept", ""));
        Assert.Equal("", change.Vhost.Route("plain", ""));
        Assert.Equal([ToQueue("kept", "other")], change.Vhost.AllBindings().Where(b => b.Source.Length > 0));
        Assert.Equal("other q", vhost.Route("kept", ""));
    }

    [Fact]
    public void An_exchange_takes_bindings_from_it_and_to_it_along()
    {
        Vhost vhost = Fresh.WithQueues("q")
            .WithExchange(Exchange("x", "fanout"))
            .WithExchange(Exchange("source", "fanout", autoDelete: true))
            .BindExchange("source", "x").BindExchange("x", "x").BindExchange("x", "amq.topic").Bind("x", "q");

        VhostChange change = vhost.WithoutExchange("x");

        Assert.Equal(["x", "source"], change.RemovedExchanges.Select(e => e.Name));
        Assert.Equal(4, change.RemovedBindings.Count);
        Assert.Empty(change.Vhost.BindingsToExchange("amq.topic"));
        Assert.Equal([ToQueue("", "q", "q")], change.Vhost.BindingsToQueue("q"));
        Assert.Equal([ToQueue("", "q", "q")], change.Vhost.AllBindings());
    }

    [Fact]
    public void A_long_chain_of_auto_delete_exchanges_goes_as_a_whole()
    {
        Vhost vhost = Fresh.WithQueues("q");
        for (int i = 0; i < 20_000; i++)
        {
            vhost = vhost.WithExchange(Exchange($"x{i}", "fanout", autoDelete: true));
            vhost = i == 0 ? vhost.Bind("x0", "q") : vhost.BindExchange($"x{i}", $"x{i - 1}");
        }
        Assert.Equal("q", vhost.Route("x19999", ""));
        VhostChange change = vhost.WithoutQueue("q");
        Assert.Equal(20_000, change.RemovedExchanges.Count);
        Assert.Equal(7, change.Vhost.Exchanges.Count);
    }

    [Fact]
    public void A_changed_queue_is_changed_under_all_its_bindings()
    {
        Vhost vhost = Fresh.WithQueues("q");
        string[] sources = ["amq.direct", "amq.fanout", "amq.topic", "amq.headers", "random", "hash", "delayed"];
        vhost = vhost.WithExchange(Exchange("random", "x-random"))
            .WithExchange(Exchange("hash", "x-consistent-hash"))
            .WithExchange(Exchange("delayed", "x-delayed-message", Table(("x-delayed-type", FieldValue.Of("topic")))));
        foreach (string source in sources)
            vhost = vhost.Bind(source, "q", "1");
        QueueDefinition changed = Queue("q", durable: true);
        vhost = vhost.WithQueue(changed);
        var routes = new RouteSet(new Random(1));
        foreach (string source in sources)
        {
            Assert.Equal("q", vhost.Route(source, "1", routes: routes));
            Assert.Same(changed, routes[0]);
            Assert.Single(vhost.BindingsFrom(source));
            vhost = vhost.WithoutBinding(ToQueue(source, "q", "1")).Vhost;
            Assert.Equal("", vhost.Route(source, "1", routes: routes));
        }
    }

    [Fact]
    public void Lists_show_the_default_exchanges_bindings_too()
    {
        Vhost vhost = Fresh.WithQueues("p", "q").Bind("amq.direct", "q", "k").BindExchange("amq.direct", "amq.topic");
        Assert.Equal([ToQueue("", "q", "q"), ToQueue("amq.direct", "q", "k")], vhost.BindingsToQueue("q"));
        Assert.Equal(
            [ToQueue("", "p", "p"), ToQueue("", "q", "q")],
            vhost.BindingsFrom("").OrderBy(b => b.RoutingKey));
        Assert.Equal([ToExchange("amq.direct", "amq.topic")], vhost.BindingsToExchange("amq.topic"));
        Assert.Equal(4, vhost.AllBindings().Count());
        Assert.Empty(vhost.BindingsToQueue("none"));
    }

    [Fact]
    public void A_policy_gives_an_alternate_only_where_the_argument_does_not()
    {
        var policy = new EffectivePolicy(
            new Policy("p", NamePattern.Everything, PolicyTarget.All, 0, Alternate("a")), null);
        Exchange plain = Exchange("x", "direct").WithPolicy(policy);
        Assert.Equal("a", plain.AlternateExchange);
        Assert.Null(plain.WithPolicy(null).AlternateExchange);
        Assert.Equal("b", Exchange("x", "direct", Alternate("b")).WithPolicy(policy).AlternateExchange);

        Vhost vhost = Fresh.WithQueues("q").WithExchange(plain).Bind("x", "q", "k");
        Assert.Throws<InvalidOperationException>(() => vhost.WithExchange(plain));
    }

    /// <summary>By the bytes that building them copies: ten times the bindings, ten times the bytes.</summary>
    [Theory]
    [InlineData("amq.fanout")]
    [InlineData("amq.direct")]
    [InlineData("amq.topic")]
    [InlineData("amq.headers")]
    public void Binding_costs_what_the_binding_costs_however_many_there_are(string exchange)
    {
        BytesToBind(exchange, 100);
        long thousand = BytesToBind(exchange, 1_000);
        long tenThousand = BytesToBind(exchange, 10_000);
        Assert.InRange(tenThousand, thousand, thousand * 16);
    }

    private static long BytesToBind(string exchange, int count)
    {
        QueueDefinition[] queues = [.. Enumerable.Range(0, count).Select(i => Queue($"queue-{i}"))];
        long before = GC.GetAllocatedBytesForCurrentThread();
        Vhost vhost = Fresh;
        foreach (QueueDefinition queue in queues)
            vhost = vhost.WithQueue(queue).Bind(exchange, queue.Name, queue.Name);
        long bytes = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Equal(count, vhost.BindingsFrom(exchange).Count);
        return bytes;
    }
}
