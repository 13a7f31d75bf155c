using Warren.Amqp;
using Warren.Broker.Exchanges;
using Warren.Broker.Topology;
using Xunit;
using static Warren.Broker.Tests.Topology.Domain;

namespace Warren.Broker.Tests.Topology;

public sealed class RouteAllocationTests
{
    [Theory]
    [InlineData("")]
    [InlineData("amq.direct")]
    [InlineData("amq.topic")]
    [InlineData("amq.fanout")]
    [InlineData("amq.headers")]
    [InlineData("hash")]
    [InlineData("random")]
    public void Routing_allocates_nothing_once_warm(string exchange)
    {
        Vhost vhost = Vhost.Create("/").WithExchange(Exchange("hash", "x-consistent-hash"))
            .WithExchange(Exchange("random", "x-random"));
        for (int i = 0; i < 50; i++)
        {
            string queue = i == 0 ? "a.b.c" : $"q{i}";
            vhost = vhost.WithQueues(queue)
                .Bind("amq.direct", queue, "a.b.c")
                .Bind("amq.topic", queue, i % 2 == 0 ? "#.b.#" : "a.*.c")
                .Bind("amq.fanout", queue)
                .Bind("amq.headers", queue, "", Table(("h", FieldValue.Of("text"))))
                .Bind("hash", queue, "3").Bind("random", queue);
        }
        vhost = vhost.BindExchange("amq.direct", "amq.fanout", "a.b.c");
        byte[] raw = new BasicProperties
        {
            Headers = Table(
                ("h", FieldValue.Of("text")),
                ("CC", FieldValue.Of(new FieldArray(FieldValue.Of("a.b"), FieldValue.Of("q1"))))),
        }.ToArray();
        var routes = new RouteSet(new Random(1));
        for (int i = 0; i < 10; i++)
            Route();
        Assert.NotEqual(0, routes.Count);

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
            Route();
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());

        void Route() => Router.Route(
            vhost, exchange, new RoutingInput("a.b.c", PropertiesView.Parse(raw)), routes);
    }
}
