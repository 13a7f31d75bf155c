namespace Warren.Compare;

/// <summary>Three nodes of one cluster on this machine. RabbitMQ's figures are not taken.</summary>
internal static class ClusterScenarios
{
    private const string Churn = "churn --uri {uris} --pid {pids} --connections 24";

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
            },
        ];
    }

    private static Step ChurnStep(string title, params string[] commands) => new(title, commands)
    {
        Expected = [Expectation.RatePerSecond(2000)],
    };
}
