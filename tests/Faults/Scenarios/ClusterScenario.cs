using Warren.Faults.Clusters;
using Warren.Faults.Hosts;

namespace Warren.Faults.Scenarios;

/// <summary>
/// Three machines with the guide's names and addresses: joined by its commands, started in every order after a stop and
/// after a kill, cut off from each other in every way, while clients declare and delete queues through all of them.
/// What was answered with ok is there afterwards, on all nodes alike, and no request stays without an answer.
/// </summary>
internal sealed class ClusterScenario(int seed, bool isShort, Action<string> report)
{
    private static readonly int[][] Orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];

    private readonly DefinitionNames _names = new();
    private int _draws;

    /// <summary>Runs all of it.</summary>
    public async Task RunAsync()
    {
        report($"cluster: seed {seed}");
        _draws = seed;
        using HostLab lab = await HostLab.BuildAsync(3);
        try
        {
            var cluster = new JoinedHosts(lab, report);
            await cluster.ShareCookieAsync();
            await cluster.JoinAsync();
            await cluster.DeclareWhileAsync(_names, _draws += 10, () => Task.Delay(TimeSpan.FromSeconds(2)));
            await cluster.AgreeAsync(_names);
            await new OneQueueScenario(cluster, report).RunAsync(_names);
            foreach (int[] order in isShort ? Orders[..1] : Orders)
                await RestartAsync(cluster, order, kills: false);
            foreach (int[] order in isShort ? Orders[^1..] : Orders)
                await RestartAsync(cluster, order, kills: true);
            foreach (Host missing in isShort ? lab.Hosts.Take(1) : lab.Hosts)
                await StartWithoutAsync(cluster, missing);
            foreach (Host alone in isShort ? lab.Hosts.Take(1) : lab.Hosts)
                await PartitionAsync(cluster, alone);
            foreach (Host from in isShort ? lab.Hosts.Take(1) : lab.Hosts)
            {
                foreach (Host to in lab.Hosts.Where(host => host != from))
                    await OneWayAsync(cluster, from, to);
            }
            report($"cluster: {_names.Answered} changes of definitions answered with ok, none missing");
            report($"cluster: what was answered\n{_names.Answers}");
        }
        catch (Exception error)
        {
            throw lab.Failure(error, seed);
        }
    }

    private async Task RestartAsync(JoinedHosts cluster, int[] order, bool kills)
    {
        await cluster.DeclareWhileAsync(_names, _draws += 10, async () =>
        {
            await Task.Delay(TimeSpan.FromSeconds(0.5));
            await Task.WhenAll(cluster.Hosts.Select(host => kills ? host.KillAsync() : host.StopAsync()));
            foreach (int at in order)
            {
                cluster.Hosts[at].Launch();
                await Task.Delay(TimeSpan.FromSeconds(0.3));
            }
            await cluster.WholeAsync();
        });
        await cluster.AgreeAsync(_names);
        string numbers = string.Join(", ", order.Select(at => at + 1));
        report($"started in the order {numbers} after {(kills ? "kill" : "stop")}");
    }

    private async Task StartWithoutAsync(JoinedHosts cluster, Host missing)
    {
        Host[] others = [.. cluster.Hosts.Where(host => host != missing)];
        await cluster.DeclareWhileAsync(_names, _draws += 10, async () =>
        {
            await Task.WhenAll(cluster.Hosts.Select(host => host.KillAsync()));
            foreach (Host host in others)
                host.Launch();
            await cluster.RunsAsync(others, others);
            await Task.Delay(TimeSpan.FromSeconds(1));
            missing.Launch();
            await cluster.WholeAsync();
        });
        await cluster.AgreeAsync(_names);
        report($"started without {missing.Name}, which came later");
    }

    private async Task PartitionAsync(JoinedHosts cluster, Host alone)
    {
        Host[] others = [.. cluster.Hosts.Where(host => host != alone)];
        IReadOnlyList<Declarer> declarers = await cluster.DeclareWhileAsync(_names, _draws += 10, async declarers =>
        {
            await cluster.Lab.IsolateAsync(alone);
            await cluster.RunsAsync(others, others);
            Declarer[] ofOthers = [.. declarers.Where((_, at) => cluster.Hosts[at] != alone)];
            await WorkAsync(ofOthers, $"while {alone.Name} is alone");
            await Task.Delay(TimeSpan.FromSeconds(3));
            await cluster.Lab.HealAsync();
            await cluster.WholeAsync();
        });
        await cluster.AgreeAsync(_names);
        report($"{alone.Name} alone: {string.Join(", ", declarers.Select(declarer => declarer.Ok))} answered with ok");
    }

    private async Task OneWayAsync(JoinedHosts cluster, Host from, Host to)
    {
        await cluster.DeclareWhileAsync(_names, _draws += 10, async declarers =>
        {
            await HostLab.CutAsync(from, to);
            await Task.Delay(TimeSpan.FromSeconds(3));
            // Each of them reaches a majority all the time.
            await WorkAsync(declarers, $"while {to.Name} does not hear {from.Name}");
            await cluster.Lab.HealAsync();
            await cluster.WholeAsync();
        });
        await cluster.AgreeAsync(_names);
        report($"{to.Name} did not hear {from.Name}");
    }

    // Each gets something more done.
    private static async Task WorkAsync(IReadOnlyList<Declarer> declarers, string when)
    {
        int[] before = [.. declarers.Select(declarer => declarer.Ok)];
        long since = Answers.Now;
        while (declarers.Where((declarer, at) => declarer.Ok == before[at]).Any())
        {
            if (TimeProvider.System.GetElapsedTime(since) > Answers.MostWait)
            {
                throw new FaultException(
                    $"answered with ok to each client before, {string.Join(", ", before)}, and "
                    + $"{string.Join(", ", declarers.Select(declarer => declarer.Ok))} {when}");
            }
            await Task.Delay(TimeSpan.FromMilliseconds(50));
        }
    }
}
