using Warren.Amqp;
using Warren.Broker.Exchanges;
using Warren.Broker.Topology;
using Warren.Cluster;
using Xunit;

namespace Warren.Broker.Tests.Topology;

/// <summary>Random changes and messages, against brute force.</summary>
public sealed class RandomTopologyTests
{
    private static readonly string[] Types = ["direct", "fanout", "topic", "headers"];
    private static readonly string[] Words = ["a", "b", "", "*", "#"];

    private static readonly NodeId[] Homes =
        [NodeId.None, new(new Guid(1, 0, 0, new byte[8])), new(new Guid(2, 0, 0, new byte[8]))];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public void Routes_and_removes_as_brute_force_does(int seed)
    {
        var random = new Random(seed);
        var naive = new NaiveRouter();
        Vhost vhost = Vhost.Create("/");
        foreach (KeyValuePair<string, Exchange> exchange in vhost.Exchanges)
            naive.Exchanges[exchange.Key] = (exchange.Value.Type, false, null);
        var routes = new RouteSet(random);
        for (int step = 0; step < 2_500; step++)
        {
            vhost = Change(vhost, naive, random);
            AssertCounts(vhost);
            if (step % 8 == 0)
                AssertSameTopology(naive, vhost);

            string source = Pick(naive.Exchanges.Keys.Where(n => n.Length > 0), random);
            string key = Key(random, Words.Length - 2);
            FieldTable headers = Arguments(random);
            string[] keys = [key];
            if (random.Next(5) == 0)
            {
                keys = [key, Key(random, 3), Key(random, 3)];
                headers.Add("CC", FieldValue.Of(new FieldArray(FieldValue.Of(keys[1]), FieldValue.Of(5))));
                headers.Add("BCC", FieldValue.Of(new FieldArray(FieldValue.Of(keys[2]))));
            }
            Assert.Equal(naive.Route(source, keys, headers), vhost.Route(source, key, headers, routes));
        }
    }

    /// <summary>They are kept with each change, and say what counting all queues would.</summary>
    private static void AssertCounts(Vhost vhost)
    {
        Assert.Equal(
            vhost.Queues.CountBy(static queue => queue.Value.HomeNode).OrderBy(static one => one.Key.Value),
            vhost.Spread.Homes.OrderBy(static one => one.Key.Value));
        Assert.Equal(
            vhost.Queues
                .SelectMany(static queue => queue.Value.Members.Where(member => member != queue.Value.HomeNode))
                .CountBy(static member => member).OrderBy(static one => one.Key.Value),
            vhost.Spread.Followers.OrderBy(static one => one.Key.Value));
    }

    private static Vhost Change(Vhost vhost, NaiveRouter naive, Random random)
    {
        string exchange = $"x{random.Next(12)}";
        string queue = $"q{random.Next(40)}";
        switch (random.Next(20))
        {
            case 0 or 1 or 2 when !naive.Exchanges.ContainsKey(exchange):
                string type = Types[random.Next(Types.Length)];
                string? alternate = random.Next(3) == 0 ? $"x{random.Next(12)}" : null;
                bool autoDelete = random.Next(2) == 0;
                naive.Exchanges[exchange] = (type, autoDelete, alternate);
                FieldTable? arguments = alternate is null ? null : Domain.Alternate(alternate);
                return vhost.WithExchange(Domain.Exchange(exchange, type, arguments, autoDelete));
            case 3 when random.Next(4) == 0 && naive.Exchanges.ContainsKey(exchange):
                naive.RemoveExchange(exchange);
                return vhost.WithoutExchange(exchange).Vhost;
            case 4 or 5 or 6:
                // A queue that is there already is declared anew: its definition changes under its bindings.
                naive.Queues.Add(queue);
                return vhost.WithQueue(Domain.Queue(
                    queue, durable: random.Next(2) == 0, Homes[random.Next(Homes.Length)],
                    random.Next(3) == 0 ? Homes[1..] : []));
            case 7 when random.Next(3) == 0:
                naive.Queues.Remove(queue);
                naive.Remove(b => b.DestinationKind == DestinationKind.Queue && b.Destination == queue);
                return vhost.WithoutQueue(queue).Vhost;
            case 8 or 9 or 10 when naive.Bindings.Count > 0:
                Binding gone = naive.Bindings[random.Next(naive.Bindings.Count)];
                naive.Remove(b => b.Equals(gone));
                return vhost.WithoutBinding(gone).Vhost;
            case > 10:
                return Bind(vhost, naive, random);
            default:
                return vhost;
        }
    }

    private static Vhost Bind(Vhost vhost, NaiveRouter naive, Random random)
    {
        string source = Pick(naive.Exchanges.Keys.Where(n => n.Length > 0), random);
        bool toQueue = random.Next(4) > 0 && naive.Queues.Count > 0;
        string destination = toQueue
            ? Pick(naive.Queues, random)
            : Pick(naive.Exchanges.Keys.Where(n => n.Length > 0), random);
        var binding = new Binding(
            source,
            toQueue ? DestinationKind.Queue : DestinationKind.Exchange,
            destination,
            Key(random, Words.Length),
            Arguments(random));
        if (!naive.Bindings.Contains(binding))
            naive.Bindings.Add(binding);
        return vhost.WithBinding(binding);
    }

    private static string Key(Random random, int wordCount)
    {
        var words = new string[random.Next(5)];
        for (int i = 0; i < words.Length; i++)
            words[i] = Words[random.Next(wordCount)];
        return string.Join('.', words);
    }

    private static FieldTable Arguments(Random random)
    {
        var table = new FieldTable();
        if (random.Next(2) == 0)
            table.Add("h", FieldValue.Of(random.Next(2)));
        if (random.Next(2) == 0)
            table.Add("i", FieldValue.Of($"{random.Next(2)}"));
        return table;
    }

    private static string Pick(IEnumerable<string> names, Random random)
    {
        string[] sorted = [.. names.Order(StringComparer.Ordinal)];
        return sorted[random.Next(sorted.Length)];
    }

    private static void AssertSameTopology(NaiveRouter naive, Vhost vhost)
    {
        Assert.Equal(
            naive.Exchanges.Keys.Order(StringComparer.Ordinal),
            vhost.Exchanges.Select(e => e.Key).Order(StringComparer.Ordinal));
        Assert.Equal(naive.Queues.Count, vhost.Queues.Count);
        Assert.Equal(naive.Bindings.ToHashSet(), vhost.AllBindings().Where(b => b.Source.Length > 0).ToHashSet());
        foreach (string queue in naive.Queues)
        {
            IEnumerable<Binding> bindings = vhost.BindingsToQueue(queue).Where(b => b.Source.Length > 0);
            Assert.Equal(
                naive.Bindings
                    .Where(b => b.DestinationKind == DestinationKind.Queue && b.Destination == queue)
                    .ToHashSet(),
                bindings.ToHashSet());
            Assert.True(vhost.Queues.TryGetValue(queue, out var definition));
            Assert.All(bindings, binding => Assert.Same(definition, binding.Queue));
        }
    }
}
