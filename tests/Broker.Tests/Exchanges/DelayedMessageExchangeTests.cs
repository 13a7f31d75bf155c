using Warren.Amqp;
using Warren.Broker.Exchanges;
using Warren.Broker.Tests.Topology;
using Warren.Broker.Topology;
using Xunit;
using static Warren.Broker.Tests.Topology.Domain;

namespace Warren.Broker.Tests.Exchanges;

public sealed class DelayedMessageExchangeTests
{
    private static readonly Vhost Fresh = Vhost.Create("/").WithQueues("p", "q")
        .WithExchange(Exchange("x", "x-delayed-message", Table(("x-delayed-type", FieldValue.Of("topic")))))
        .Bind("x", "q", "a.*");

    [Fact]
    public void Without_a_delay_it_routes_as_the_type_it_wraps()
    {
        var routes = new RouteSet(new Random(1));
        Assert.Equal("q", Fresh.Route("x", "a.b", routes: routes));
        Assert.True(routes.Delays.IsEmpty);
        Assert.False(routes.IsCacheable);
        Assert.Equal("", Fresh.Route("x", "b.b"));
    }

    [Fact]
    public void With_a_delay_the_message_stops_there_and_goes_on_later()
    {
        byte[] raw = new BasicProperties { Headers = Table(("x-delay", FieldValue.Of(1500))) }.ToArray();
        var routes = new RouteSet(new Random(1));
        Vhost vhost = Fresh.BindExchange("amq.fanout", "x").Bind("amq.fanout", "p");
        var input = new RoutingInput("a.b", PropertiesView.Parse(raw));

        Assert.True(Router.Route(vhost, "amq.fanout", input, routes));
        Assert.Equal("p", Names(routes));
        Assert.Equal(1, routes.Delays.Length);
        Assert.Equal(("x", 1500), (routes.Delays[0].Exchange.Name, routes.Delays[0].DelayMs));

        Assert.True(Router.RouteAfterDelay(vhost, "x", input, routes));
        Assert.Equal("q", Names(routes));
        Assert.True(routes.Delays.IsEmpty);
    }

    public static TheoryData<FieldValue, long> Delays() => new()
    {
        { FieldValue.Of(1), 1 },
        { FieldValue.Of((byte)200), 200 },
        { FieldValue.Of(4_294_967_295L), 4_294_967_295 },
        { FieldValue.Of(4_294_967_296L), 0 },
        { FieldValue.Of(0), 0 },
        { FieldValue.Of(-5), 0 },
        { FieldValue.Of("1500"), 1500 },
        { FieldValue.Of("15x"), 0 },
        { FieldValue.Of(""), 0 },
        { FieldValue.Of(2.9), 2 },
        { FieldValue.Of(double.NaN), 0 },
        { FieldValue.Of(true), 0 },
        { FieldValue.Void, 0 },
    };

    [Theory]
    [MemberData(nameof(Delays))]
    public void A_delay_is_a_positive_number_of_32_bits(FieldValue header, long delayMs)
    {
        byte[] raw = new BasicProperties { Headers = Table(("x-delay", header)) }.ToArray();
        bool isDelayed = DelayedMessageExchange.TryGetDelay(PropertiesView.Parse(raw), out long found);
        Assert.Equal(delayMs > 0, isDelayed);
        if (isDelayed)
            Assert.Equal(delayMs, found);
    }

    [Theory]
    [InlineData(null, "Invalid argument, 'x-delayed-type' must be an existing exchange type")]
    [InlineData("x-delayed-message", "Invalid argument, 'x-delayed-message' can't be used for 'x-delayed-type'")]
    [InlineData("nope", "unknown exchange type 'nope'")]
    public void The_wrapped_type_must_be_another_that_exists(string? type, string text)
    {
        FieldTable arguments = type is null ? [] : Table(("x-delayed-type", FieldValue.Of(type)));
        var refusal = Assert.Throws<AmqpException>(() => Exchange("x", "x-delayed-message", arguments));
        Assert.Equal($"PRECONDITION_FAILED - {text}", refusal.ReplyText);
    }

    [Fact]
    public void Bindings_are_checked_by_the_wrapped_type()
    {
        Exchange exchange = Exchange(
            "x", "x-delayed-message", Table(("x-delayed-type", FieldValue.Of("x-consistent-hash"))));
        Assert.Throws<AmqpException>(() => exchange.Validate(ToQueue("x", "q", "no weight")));
        Assert.Equal("x-delayed-message", exchange.Type);
    }
}
