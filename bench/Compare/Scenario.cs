namespace Warren.Compare;

/// <summary>What is measured under one name, and what is expected of it.</summary>
internal sealed record Scenario(string Name, Expectation Expected, params Step[] Steps)
{
    private const string Topic =
        "--exchange bench --exchange-type topic --bindings 1000 --binding-key a{i}.*.# " +
        "--routing-keys 1000 --routing-key a{i}.b.c.d";

    private static readonly int[] PairCounts = [1, 10, 100, 1000];

    internal static IReadOnlyList<Scenario> All { get; } =
    [
        new("one-16", Expectation.RateAtLeast(8), new Step("1 producer, 1 consumer, 16 B", "run --size 16")),
        new("one-1k", Expectation.RateAtLeast(3), new Step("1 producer, 1 consumer, 1 KiB", "run --size 1024")),
        new("ack", Expectation.RateAtLeast(5),
            new Step("ack of every 100, prefetch 1000", "run --size 16 --ack 100 --prefetch 1000")),
        new("fanout", Expectation.RateAtLeast(5),
            new Step("fan-out to 10 queues, 128 B",
                "run --size 128 --exchange bench --exchange-type fanout --queues 10 --consumers 10")),
        new("topic", Expectation.RateAtLeast(5), new Step("topic, 1,000 bindings", $"run --size 16 {Topic}")),
        new("idle", Expectation.MemoryAtMost(1 / 3.0, idleCpuPercent: 1),
            new Step("10,000 queues, 2,000 connections",
                "queues --count 10000 --settle 0", "connections --count 2000 --settle 5 --hold 15")),
        new("latency", Expectation.TailAtMost(0.5), new Step("10,000 a second, 16 B", "run --size 16 --rate 10000")),
        new("scale", Expectation.SteadyWithin(0.7), [.. Pairs("")]),
        new("scale-confirms", Expectation.SteadyWithin(0.7), [.. Pairs(" --confirm 200")]),
    ];

    private static IEnumerable<Step> Pairs(string more) =>
        PairCounts.Select(count => new Step($"{count} p, {count} c, as many queues, 16 B",
            $"run --size 16 --producers {count} --consumers {count} --queues {count}{more}"));
}
