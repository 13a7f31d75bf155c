using Warren.Faults.Clients;
using Warren.Faults.Ledgers;
using Warren.Faults.Nodes;

namespace Warren.Faults.Scenarios;

/// <summary>
/// The node is killed under load after a random number of confirms, started again on the same files (sometimes killed
/// while it starts, too) and what it still has is compared with the clients' ledger: some queues after every kill, all
/// of them at the end.
/// </summary>
internal sealed class KillScenario(NodeProcess node, Ledger ledger, KillOptions options)
{
    private readonly Workload _workload = new(ledger);
    private readonly QueueReader _reader = new(ledger);
    private readonly Random _random = new(options.Seed);
    private int _round;

    /// <summary>Runs all rounds.</summary>
    /// <exception cref="FaultException">Something was wrong; the message holds the seed.</exception>
    public async Task RunAsync()
    {
        options.Report($"kill: {options.Rounds} rounds, seed {options.Seed}");
        try
        {
            await node.StartAsync();
            await Workload.DeclareAsync(node);
            for (_round = 1; _round <= options.Rounds; _round++)
                await RoundAsync();
            // Everything was taken in the last round; one more kill shows that it stays away.
            node.Kill();
            ledger.Ended();
            await StartAndReadAsync(_workload.Queues, takes: true);
        }
        catch (FaultException error)
        {
            throw Failure($"\n  {error.Message}");
        }
        options.Report($"kill: {ledger.Tally}");
    }

    private async Task RoundAsync()
    {
        int confirms = _random.Next(1, options.MostConfirms + 1);
        await LoadUntilKilledAsync(confirms);
        ledger.Ended();
        options.BeforeStart?.Invoke(_round);
        string onStart = "";
        if (_random.Next(5) == 0)
        {
            TimeSpan work = node.StartWork * _random.NextDouble();
            await node.StartAndKillAsync(work);
            onStart = $", killed after {work.TotalMilliseconds:F0} ms of work on its start";
        }
        bool isLast = _round == options.Rounds;
        List<QueueLedger> queues = _workload.Queues.Where(_ => isLast || _random.Next(3) == 0).ToList();
        // Of the pair that dead-letters, the first is judged by the second.
        if (!queues.Any(queue => queue.Name == "rejected"))
            queues.RemoveAll(queue => queue.Name == "dead");
        else if (!queues.Any(queue => queue.Name == "dead"))
            queues.Add(ledger["dead"]);
        int found = await StartAndReadAsync(queues, takes: isLast || _random.Next(2) == 0);
        options.Report(
            $"kill: round {_round}: killed after {confirms} confirms{onStart}, "
            + $"started in {node.StartTime.TotalMilliseconds:F0} ms, {found} messages in {queues.Count} queues");
    }

    private async Task LoadUntilKilledAsync(int confirms)
    {
        var enough = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        long last = ledger.Tally.Confirmed + confirms;
        ledger.OnConfirmed = () =>
        {
            if (ledger.Tally.Confirmed >= last)
                enough.TrySetResult();
        };
        Task[] working = _workload.Clients.Select(StartWork).ToArray();
        Task first = await Task.WhenAny([.. working, enough.Task]);
        node.Kill();
        await Task.WhenAll(working);
        if (first != enough.Task)
            throw new FaultException("a client's connection ended although nobody had killed the node");
        if (ledger.Findings.Count > 0)
            throw new FaultException("while it ran");

        Task StartWork(Client client, int index)
        {
            var random = new Random(unchecked((options.Seed * 1_000_003) + (_round * 1009) + index));
            return Task.Run(() => client.WorkAsync(node, random));
        }
    }

    private async Task<int> StartAndReadAsync(IReadOnlyList<QueueLedger> queues, bool takes)
    {
        await node.StartAsync();
        await Workload.CheckDefinitionsAsync(node, ledger);
        int found = 0;
        if (ledger.Findings.Count == 0)
        {
            foreach (QueueLedger queue in queues)
                found += await _reader.ReadAsync(node, queue, takes);
        }
        return ledger.Findings.Count == 0 ? found : throw new FaultException("after the start");
    }

    private FaultException Failure(string end)
    {
        node.KeepsDirectory = true;
        return new FaultException(
            $"kill: seed {options.Seed}, round {_round}: {ledger.Findings.Count} findings{end}{ledger.Findings}\n"
            + $"the node's files are left in {node.Root}; it printed:\n{node.Printed}");
    }
}
