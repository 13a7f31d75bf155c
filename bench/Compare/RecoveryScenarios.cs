namespace Warren.Compare;

/// <summary>How soon a broker with much to recover answers again, and that nothing is missing then.</summary>
internal static class RecoveryScenarios
{
    internal static IEnumerable<Scenario> All(double scale)
    {
        int messages = DurableScenarios.Scaled(1_000_000, scale);
        int many = DurableScenarios.Scaled(10_000_000, scale);
        int queues = DurableScenarios.Scaled(100_000, scale);
        string counted = DurableScenarios.Counted(messages);
        string fill = DurableScenarios.Fill(messages, 1024);
        string verify = $"waiting --expect {messages}";
        return
        [
            new("recovery",
                new Step($"start after a clean stop, {counted} x 1 KiB waiting",
                    fill, BrokerCommand.Stop, BrokerCommand.Start, verify)
                {
                    Shows = Measure.Start,
                    Expected = [Expectation.StartBelow(3)],
                },
                new Step($"start after kill -9, {counted} x 1 KiB waiting",
                    BrokerCommand.Fresh, fill, BrokerCommand.Kill, BrokerCommand.Start, verify)
                {
                    Shows = Measure.Start,
                    Expected = [Expectation.StartBelow(10)],
                },
                new Step($"start after kill -9, {DurableScenarios.Counted(queues)} durable queues",
                    BrokerCommand.Fresh, $"queues --count {queues} --durable --settle 0",
                    BrokerCommand.Kill, BrokerCommand.Start, $"waiting --queues {queues} --queue many-{{i}}")
                {
                    Shows = Measure.Start,
                    Expected = [Expectation.StartBelow(15)],
                    WarrenOnly = true,
                },
                new Step($"peak memory, {DurableScenarios.Counted(many)} x 100 B waiting",
                    BrokerCommand.Fresh, DurableScenarios.Fill(many, 100))
                {
                    Shows = Measure.Memory,
                    Expected = [Expectation.MemoryBelow(1024)],
                    WarrenOnly = true,
                }),
        ];
    }
}
