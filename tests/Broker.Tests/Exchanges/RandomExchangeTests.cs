using Warren.Broker.Tests.Topology;
using Warren.Broker.Topology;
using Xunit;

namespace Warren.Broker.Tests.Exchanges;

public sealed class RandomExchangeTests
{
    [Fact]
    public void One_of_the_bindings_is_chosen_each_as_often()
    {
        Vhost vhost = Vhost.Create("/").WithExchange(Domain.Exchange("x", "x-random"));
        for (int i = 0; i < 100; i++)
            vhost = vhost.WithQueues($"q{i}").Bind("x", $"q{i}");
        var routes = new RouteSet(new Random(1));
        var counts = new Dictionary<string, int>();
        for (int i = 0; i < 20_000; i++)
        {
            string queue = vhost.Route("x", "k", routes: routes);
            counts[queue] = counts.GetValueOrDefault(queue) + 1;
        }
        Assert.Equal(100, counts.Count);
        Assert.All(counts.Values, count => Assert.InRange(count, 120, 280));
        Assert.False(routes.IsCacheable);
    }

    [Fact]
    public void The_same_seed_makes_the_same_choices()
    {
        Vhost vhost = Vhost.Create("/").WithExchange(Domain.Exchange("x", "x-random")).WithQueues("a", "b", "c")
            .Bind("x", "a").Bind("x", "b").Bind("x", "c");
        var one = new RouteSet(new Random(7));
        var other = new RouteSet(new Random(7));
        for (int i = 0; i < 100; i++)
            Assert.Equal(vhost.Route("x", "", routes: one), vhost.Route("x", "", routes: other));
        Assert.Equal("", Vhost.Create("/").WithExchange(Domain.Exchange("x", "x-random")).Route("x", ""));
    }
}
