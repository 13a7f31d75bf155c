namespace Warren.Compare;

/// <summary>What is measured under one name, on one broker started for it, and what is expected of it.</summary>
internal sealed record Scenario(string Name, params Step[] Steps)
{
    private const string Topic =
        "--exchange bench --exchange-type topic --bindings 1000 --binding-key a{i}.*.# " +
        "--routing-keys 1000 --routing-key a{i}.b.c.d";

    internal int Nodes { get; init; } = 1;

    /// <summary>Not measured with RabbitMQ, which would take very long and is expected nothing of.</summary>
    internal bool WarrenOnly { get; init; }

    /// <summary>How many of them are a cluster from the beginning.</summary>
    internal int Founders { get; init; } = 1;

    private static readonly int[] PairCounts = [1, 10, 100, 1000];

    /// <param name="scale">What the durable scenarios' numbers of messages and queues are multiplied with.</param>
    internal static IReadOnlyList<Scenario> All(double scale) =>
        [.. Transient(), .. DurableScenarios.All(scale), .. RecoveryScenarios.All(scale),
            .. ClusterScenarios.All(scale)];

    private static IEnumerable<Scenario> Transient() =>
    [
        new("one-16", new Step("1 producer, 1 consumer, 16 B", "run --size 16")
        {
            Expected = [Expectation.RateAtLeast(8)],
        }),
        new("one-1k", new Step("1 producer, 1 consumer, 1 KiB", "run --size 1024")
        {
            Expected = [Expectation.RateAtLeast(3)],
        }),
        new("ack", new Step("ack of every 100, prefetch 1000", "run --size 16 --ack 100 --prefetch 1000")
        {
            Expected = [Expectation.RateAtLeast(5)],
        }),
        new("fanout", new Step("fan-out to 10 queues, 128 B",
            "run --size 128 --exchange bench --exchange-type fanout --queues 10 --consumers 10")
        {
            Expected = [Expectation.RateAtLeast(5)],
        }),
        new("topic", new Step("topic, 1,000 bindings", $"run --size 16 {Topic}")
        {
            Expected = [Expectation.RateAtLeast(5)],
        }),
        new("idle", new Step("10,000 queues, 2,000 connections",
            "queues --count 10000 --settle 0", "connections --count 2000 --settle 5 --hold 15")
        {
            Shows = Measure.Memory,
            Expected = [Expectation.MemoryAtMost(1 / 3.0), Expectation.IdleBelow(1)],
        }),
        new("latency", new Step("10,000 a second, 16 B", "run --size 16 --rate 10000")
        {
            Shows = Measure.Tail,
            Expected = [Expectation.TailAtMost(0.5)],
        }),
        new("scale", [.. Pairs("")]),
        new("scale-confirms", [.. Pairs(" --confirm 200")]),
    ];

    // What is expected of all of them together stands in the last one's line.
    private static IEnumerable<Step> Pairs(string more) =>
        PairCounts.Select(count => new Step($"{count} p, {count} c, as many queues, 16 B",
            $"run --size 16 --producers {count} --consumers {count} --queues {count}{more}")
        {
            Expected = count == PairCounts[^1] ? [Expectation.SteadyWithin(0.7)] : [],
        });
}
