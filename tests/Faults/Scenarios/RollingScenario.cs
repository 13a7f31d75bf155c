using Warren.Faults.Clusters;
using Warren.Faults.Hosts;

namespace Warren.Faults.Scenarios;

/// <summary>
/// A rolling restart under load: on one node after another <c>drain</c>, a stop, a start and <c>revive</c>, each when
/// the node says that it may be stopped; in every second round the stop alone, as the guide has it. Only the clients of
/// that node lose their connections, no publish is refused, and the longest time without a confirm is told for each
/// step.
/// </summary>
internal sealed class RollingScenario(int seed, RunLength length, Action<string> report)
{
    private const int Rounds = 6;

    /// <summary>Runs all of it.</summary>
    public async Task RunAsync()
    {
        report($"rolling: seed {seed}");
        using HostLab lab = await HostLab.BuildAsync(3);
        ReplicatedLoad? load = null;
        try
        {
            var cluster = new JoinedHosts(lab, report);
            await cluster.FormAsync();
            load = new ReplicatedLoad(cluster, seed);
            await load.DeclareAsync();
            int rounds = length switch { RunLength.Full => Rounds, RunLength.Short => 2, _ => 1 };
            for (int round = 0; round < rounds; round++)
            {
                bool drains = round % 2 == 0;
                await load.WhileAsync(async () =>
                {
                    // With the tests: one of them.
                    Host[] hosts = [.. cluster.Hosts.Reverse()];
                    foreach (Host host in length == RunLength.Brief ? hosts.Take(1) : hosts)
                        await RestartAsync(load, cluster, host, drains);
                });
                if (load.Nacked > 0)
                    throw new FaultException($"{load.Nacked} publishes were refused");
                await load.JudgeAsync();
                report($"rolling: {load.Done}");
            }
        }
        catch (Exception error)
        {
            throw lab.Failure(error, seed, load?.Answers);
        }
    }

    private async Task RestartAsync(ReplicatedLoad load, JoinedHosts cluster, Host host, bool drains)
    {
        await StepAsync(load, host, "rebalance", () => host.MustAsync("rabbitmq-queues rebalance all"));
        int led = await load.LedByAsync(host);
        if (led == 0)
            throw new FaultException($"{host.Name} leads nothing: {await load.TellLeadersAsync()}");
        await StepAsync(load, host, "await", async () =>
        {
            await host.MustAsync("rabbitmq-upgrade await_online_quorum_plus_one");
            await host.MustAsync("rabbitmq-upgrade await_online_synchronized_mirror");
        });
        load.Losses.Allow(host, isAllowed: true);
        if (drains)
        {
            await StepAsync(load, host, $"drain (it led {led})", () => host.MustAsync("rabbitmq-upgrade drain"));
            if (await load.LedByAsync(host) is var left and > 0)
                throw new FaultException($"{host.Name} is drained, and leads {left} queues");
        }
        await StepAsync(load, host, drains ? "stop" : $"stop (it led {led})", host.StopAsync);
        await StepAsync(load, host, "start", async () =>
        {
            host.Launch();
            await cluster.WholeAsync();
            await host.LetsInAsync();
        });
        await StepAsync(load, host, "revive", () => host.MustAsync("rabbitmq-upgrade revive"));
        load.Losses.Allow(host, isAllowed: false);
    }

    // Each ends when everybody has got confirms again.
    private async Task StepAsync(ReplicatedLoad load, Host host, string step, Func<Task> act)
    {
        long since = Answers.Now;
        await act();
        await load.GoesOnAsync();
        report($"{host.Name}: {step}: {load.Gaps(since)}");
    }
}
