using Warren.Faults.Ledgers;

namespace Warren.Faults.Scenarios;

/// <summary>
/// The node is asked to stop, once with a backlog and nobody but publishers, then with everybody at work, and has
/// everything when it starts again. How long that takes is told, not judged.
/// </summary>
internal sealed class CleanScenario(TestedNode node, int backlog, Action<string> report)
{
    private string _step = "";

    /// <summary>Runs it.</summary>
    /// <exception cref="FaultException">Something was wrong; the message holds the seed.</exception>
    public async Task RunAsync()
    {
        await node.RunAsync("clean", RunStepsAsync, () => _step);
        report($"clean: {node.Ledger.Tally}");
    }

    private async Task RunStepsAsync()
    {
        await node.BeginAsync();
        await StopAndReadAsync("with a backlog", node.Workload.Publishers, backlog, takes: false);
        await StopAndReadAsync("at work", node.Workload.Clients, backlog / 4, takes: false);
        await StopAndReadAsync("at work again", node.Workload.Clients, backlog / 4, takes: true);
        await StopAndReadAsync("when all was taken", node.Workload.Clients, 1, takes: true);
    }

    private async Task StopAndReadAsync(
        string step, IReadOnlyList<Clients.Client> clients, int confirms, bool takes)
    {
        _step = $"stopped {step}";
        TimeProvider time = TimeProvider.System;
        TimeSpan stopped = TimeSpan.Zero;
        await node.LoadAsync(clients, confirms, StopAsync);
        int found = await node.StartAndReadAsync(node.Workload.Queues, takes);
        report(
            $"clean: {_step}, in {stopped.TotalMilliseconds:F0} ms; "
            + $"started in {node.Process.StartTime.TotalMilliseconds:F0} ms with {found} messages");

        async Task StopAsync()
        {
            long began = time.GetTimestamp();
            int code = await node.Process.StopAsync();
            stopped = time.GetElapsedTime(began);
            if (code != 0)
                throw new FaultException($"the node ended with {code} when it was asked to stop");
        }
    }
}
