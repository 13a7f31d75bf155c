namespace Warren.Compare;

/// <summary>Three nodes of one cluster on this machine.</summary>
internal static class ClusterScenarios
{
    private const string Churn = "churn --uri {uris} --pid {pids} --connections 24";

    // What was compiled for the first time is compiled again, better, for half a minute.
    private const string Idle = "idle --pid {pids} --settle 30 --hold 20";

    private const string Run = "run --pid {pids}";

    internal static IEnumerable<Scenario> All(double scale)
    {
        int queues = DurableScenarios.Scaled(10_000, scale);
        string many = $"queues --count {queues} --durable --connections 50 --settle 0 --exchange amq.direct";
        string counted = DurableScenarios.Counted(queues);
        return
        [
            new("churn-3",
                ChurnStep("durable queues declared and deleted", $"{Churn} --durable"),
                ChurnStep("transient queues", Churn),
                ChurnStep("exclusive queues", $"{Churn} --exclusive"),
                ChurnStep($"durable, {counted} other queues", many, $"{Churn} --durable"))
            {
                Nodes = 3,
                Founders = 3,
                WarrenOnly = true,
            },
            new("join-3",
                new Step($"{counted} durable queues with a binding each taken over", many, BrokerCommand.Join)
                {
                    Shows = Measure.Start,
                    Expected = [Expectation.StartBelow(2)],
                },
                new Step("they are there", $"waiting --uri {{uri3}} --queues {queues} --queue many-{{i}} --expect 0"))
            {
                Nodes = 3,
                Founders = 2,
                WarrenOnly = true,
            },
            new("idle-3",
                IdleStep("three nodes, nothing else", Idle),
                IdleStep("1,000 durable queues", "queues --count 1000 --durable --connections 50 --settle 0", Idle))
            {
                Nodes = 3,
                Founders = 3,
                WarrenOnly = true,
            },
            new("idle-replicated", [.. IdleReplicated(queues)]) { Nodes = 3, Founders = 3, WarrenOnly = true },
            new("remote-16", [.. Places("16 B", $"{Run} --size 16")])
            {
                Nodes = 3,
                Founders = 3,
                WarrenOnly = true,
            },
            new("remote-durable",
                [.. Places("1 KiB, durable, 1,000 in flight",
                    $"{Run} --size 1024 --durable --persistent --confirm 1000 --ack 100 --prefetch 1000")])
            {
                Nodes = 3,
                Founders = 3,
                WarrenOnly = true,
            },
            new("catch-up-3", [.. CatchingUp(scale)]) { Nodes = 3, Founders = 3, WarrenOnly = true },
            new("catch-up-3-rate", [.. CatchingUp(scale, 40_000)]) { Nodes = 3, Founders = 3, WarrenOnly = true },
            new("replicated-3", [.. Replicated()]) { Nodes = 3, Founders = 3 },
        ];
    }

    // First the same queue on one node, for what replication costs. A policy that mirrors all comes last.
    private static IEnumerable<Step> Replicated()
    {
        const string Durable = $"{Run} --size 1024 --durable --persistent --ack 100 --prefetch 1000";
        const string Full = $"{Durable} --confirm 1000";
        const string Quorum = $"{Full} --queue-type quorum";
        Expectation tenTimes = Expectation.RateAtLeast(10);
        return
        [
            new Step("1 KiB, durable, 1,000 in flight: a queue on one node", Full),
            new Step("a quorum queue, p and c on its leader's node", Quorum)
            {
                Expected = [tenTimes, Expectation.CpuAtMost(0.1), Expectation.ShareOf(0, 0.4)],
            },
            new Step(
                "p and c on another node",
                $"{Quorum} --producers-uri {{uri2}} --consumers-uri {{uri2}}")
            {
                Expected = [tenTimes, Expectation.ShareOf(1, 0.7)],
            },
            new Step("4 quorum queues, 4p and 4c", $"{Quorum} --queues 4 --queue r-{{i}} --producers 4 --consumers 4")
            {
                Expected = [tenTimes, Expectation.ShareOf(1, 0.8)],
            },
            new Step(
                "100 quorum queues, 20p and 100c",
                $"{Quorum} --queues 100 --queue r-{{i}} --producers 20 --consumers 100")
            {
                Expected = [tenTimes, Expectation.ShareOf(1, 0.8)],
            },
            new Step("a queue on one node, 1 in flight", $"{Durable} --confirm 1"),
            new Step("a quorum queue, 1 in flight", $"{Durable} --confirm 1 --queue-type quorum"),
            new Step("a mirrored queue, p and c on its leader's node", BrokerCommand.Mirror, $"{Full} --queue m-{{i}}")
            {
                Expected = [Expectation.RateAtLeast(15), Expectation.ShareOf(1, 0.9)],
            },
        ];
    }

    // Published is to the same queue, before and meanwhile, so that more and more has to be caught up with.
    // With a rate, the cores are not all busy before: what is left to see is whether catching up holds publishers up.
    private static IEnumerable<Step> CatchingUp(double scale, int rate = 0)
    {
        const string Durable = "run --size 1024 --durable --persistent --confirm 1000";
        string published = $"{Durable} --consumers 0 --reuse --keep --rate {rate}";
        int messages = DurableScenarios.Scaled(1_000_000, scale);
        yield return new Step(
            $"a mirrored queue, one of three nodes stopped: fill with {DurableScenarios.Counted(messages)} x 1 KiB",
            BrokerCommand.Mirror, $"{Durable} --queue warm-{{i}} --messages 100000 --ack 100",
            DurableScenarios.Fill(1, 1024), BrokerCommand.StopLast, DurableScenarios.Fill(messages, 1024));
        if (rate > 0)
            yield return new Step($"{DurableScenarios.Counted(rate)} a second are published", published);
        yield return new Step(
            "it is started, and it is published on: until it is in step", $"{BrokerCommand.CatchUp}{published}")
        {
            Shows = Measure.Start,
            Expected = [Expectation.StartBelow(30), Expectation.ShareOf(rate > 0 ? 1 : 0, 0.9)],
        };
    }

    // Before the queues: what nodes cost without any.
    private static IEnumerable<Step> IdleReplicated(int queues)
    {
        const string Declare = "queues --durable --queue-type quorum --connections 50 --pid {pids} --settle 0";
        yield return IdleStep("three nodes, nothing else", Idle);
        yield return new Step(
            $"{DurableScenarios.Counted(queues)} quorum queues with 3 members declared", $"{Declare} --count {queues}")
        {
            Expected = [Expectation.RatePerSecond(1000)],
        };
        yield return new Step("they are idle: the busiest node", Idle)
        {
            Shows = Measure.Memory,
            Expected = [Expectation.IdleBelow(1), Expectation.IdleOfAllBelow(3)],
        };
    }

    // The queue's home is the node where it is declared, the first.
    private static IEnumerable<Step> Places(string what, string run) =>
    [
        new Step($"{what}, p and c on the queue's home", run),
        new Step("p on another node", $"{run} --producers-uri {{uri2}}"),
        new Step("c on another node", $"{run} --consumers-uri {{uri2}}"),
        new Step("p and c on another node", $"{run} --producers-uri {{uri2}} --consumers-uri {{uri2}}"),
        new Step("p and c on one other node each", $"{run} --producers-uri {{uri2}} --consumers-uri {{uri3}}"),
    ];

    private static Step IdleStep(string title, params string[] commands) => new(title, commands)
    {
        Shows = Measure.Memory,
        Expected = [Expectation.IdleBelow(1)],
    };

    private static Step ChurnStep(string title, params string[] commands) => new(title, commands)
    {
        Expected = [Expectation.RatePerSecond(2000)],
    };
}
