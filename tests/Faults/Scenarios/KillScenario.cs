using Warren.Faults.Ledgers;

namespace Warren.Faults.Scenarios;

/// <summary>
/// The node is killed under load after a random number of confirms, started again on the same files (sometimes killed
/// while it starts, too) and what it still has is compared with the clients' ledger: some queues after every kill, all
/// of them at the end.
/// </summary>
internal sealed class KillScenario(TestedNode node, KillOptions options)
{
    private int _round;

    /// <summary>Runs all rounds.</summary>
    /// <exception cref="FaultException">Something was wrong; the message holds the seed.</exception>
    public async Task RunAsync()
    {
        options.Report($"kill: {options.Rounds} rounds, seed {options.Seed}");
        await node.RunAsync("kill", RunRoundsAsync, () => $"round {_round}");
        options.Report($"kill: {options.Rounds} rounds, seed {options.Seed}: {node.Ledger.Tally}");
    }

    private async Task RunRoundsAsync()
    {
        await node.BeginAsync();
        for (_round = 1; _round <= options.Rounds; _round++)
            await RunRoundAsync();
        // Everything was taken in the last round; one more kill shows that it stays away.
        node.Process.Kill();
        node.Ledger.Ended();
        await node.StartAndReadAsync(node.Workload.Queues, takes: true);
    }

    private async Task RunRoundAsync()
    {
        int confirms = node.Random.Next(1, options.MostConfirms + 1);
        await node.LoadAsync(node.Workload.Clients, confirms, KillAsync);
        options.BeforeStart?.Invoke(_round);
        string onStart = "";
        if (node.Random.Next(5) == 0)
        {
            TimeSpan work = node.Process.StartWork * node.Random.NextDouble();
            await node.Process.StartAndKillAsync(work);
            onStart = $", then after {work.TotalMilliseconds:F0} ms of work on its start";
        }
        List<QueueLedger> queues = ChooseQueues();
        bool takes = _round == options.Rounds || node.Random.Next(2) == 0;
        int found = await node.StartAndReadAsync(queues, takes);
        options.Report(
            $"kill: round {_round}: killed after {confirms} confirms{onStart}; "
            + $"started in {node.Process.StartTime.TotalMilliseconds:F0} ms; "
            + $"{found} messages in {queues.Count} queues {(takes ? "taken" : "looked at")}");
    }

    private Task KillAsync()
    {
        node.Process.Kill();
        return Task.CompletedTask;
    }

    /// <summary>A third of the queues, all in the last round.</summary>
    private List<QueueLedger> ChooseQueues()
    {
        bool isLast = _round == options.Rounds;
        List<QueueLedger> queues = node.Workload.Queues.Where(_ => isLast || node.Random.Next(3) == 0).ToList();
        // Of the pair that dead-letters, the first is judged by the second.
        queues.Remove(node.Ledger["dead"]);
        if (queues.Contains(node.Ledger["rejected"]))
            queues.Add(node.Ledger["dead"]);
        return queues;
    }
}
