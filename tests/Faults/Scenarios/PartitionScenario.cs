using Warren.Faults.Clusters;
using Warren.Faults.Hosts;

namespace Warren.Faults.Scenarios;

/// <summary>
/// Three nodes under load from clients on all of them, cut off from each other: one alone, one that hears nobody, one
/// that nobody hears, two that only the third reaches, all three alone. Then one is killed, all are; one is suspended
/// for about as long as others wait for it, and for longer, and all are.
/// </summary>
internal sealed class PartitionScenario(int seed, RunLength length, Action<string> report)
{
    // Longer than the time after which a majority ends a lost node's session, and than any change waits for a majority.
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(18);
    private static readonly TimeSpan Brief = TimeSpan.FromSeconds(5);

    // A node has given up on queues of another one by then, and that one has not yet given up on the clients.
    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(3.5);

    // Nobody has given up on anybody: what was lost on the way has to come again.
    private static readonly TimeSpan Blip = TimeSpan.FromSeconds(0.5);

    // Others have been handed what its clients had, and have acknowledged it, when it goes on.
    private static readonly TimeSpan GivenUp = TimeSpan.FromSeconds(8);

    private readonly DefinitionNames _names = new();

    /// <summary>Runs all of it.</summary>
    public async Task RunAsync()
    {
        report($"partition: seed {seed}");
        using HostLab lab = await HostLab.BuildAsync(3);
        try
        {
            var cluster = new JoinedHosts(lab, report);
            await cluster.FormAsync();
            var load = new ClusterLoad(_names, seed, report);
            await load.DeclareAsync(lab.Hosts);
            if (length != RunLength.Brief)
            {
                await load.WhileAsync(lab.Hosts, () => Task.Delay(TimeSpan.FromSeconds(2)));
                await load.JudgeAsync(lab.Hosts);
                load.Tell("nothing happened");
            }
            Host[] each = length == RunLength.Full ? [.. lab.Hosts] : [lab.Hosts[(seed % 3 + 3) % 3]];
            for (int round = 0; round < (length == RunLength.Full ? 3 : 1); round++)
            {
                if (length == RunLength.Brief)
                {
                    await CutAsync(load, lab, [], $"{each[0].Name} alone", Brief, () => lab.IsolateAsync(each[0]));
                    await KillAsync(load, cluster, each);
                    break;
                }
                foreach (Host alone in each)
                    await CutOffAsync(load, lab, alone);
                foreach (Host host in each)
                    await KillAsync(load, cluster, [host]);
                await KillAsync(load, cluster, lab.Hosts);
                foreach (Host host in each)
                {
                    await SuspendAsync(load, cluster, [host], Brief);
                    await SuspendAsync(load, cluster, [host], GivenUp);
                }
                await SuspendAsync(load, cluster, lab.Hosts, Brief);
            }
            report($"partition: what was answered\n{_names.Answers}");
        }
        catch (Exception error)
        {
            throw lab.Failure(error, seed, _names.Answers);
        }
    }

    private async Task CutOffAsync(ClusterLoad load, HostLab lab, Host alone)
    {
        Host[] others = [.. lab.Hosts.Where(host => host != alone)];
        await CutAsync(load, lab, [alone], $"{alone.Name} alone", Long, () => lab.IsolateAsync(alone));
        await CutAsync(load, lab, [], $"{alone.Name} alone for a moment", Moment, () => lab.IsolateAsync(alone));
        await CutAsync(load, lab, [], $"{alone.Name} alone for a blink", Blip, () => lab.IsolateAsync(alone));
        foreach (TimeSpan time in (TimeSpan[])[Blip, Long])
        {
            await CutAsync(
                load, lab, [], $"{others[0].Name} and {others[1].Name} apart for {time.TotalSeconds} s", time,
                () => HostLab.CutBothAsync(others[0], others[1]));
        }
        await CutAsync(load, lab, [], $"{alone.Name} hears nobody", Brief, async () =>
        {
            foreach (Host other in others)
                await HostLab.CutAsync(other, alone);
        });
        await CutAsync(load, lab, [], $"nobody hears {alone.Name}", Brief, async () =>
        {
            foreach (Host other in others)
                await HostLab.CutAsync(alone, other);
        });
        await CutAsync(load, lab, lab.Hosts, "all alone", Long, async () =>
        {
            foreach (Host host in lab.Hosts)
                await lab.IsolateAsync(host);
        });
    }

    // A minority must be refused something in so long a time, and a majority must get something done.
    private async Task CutAsync(
        ClusterLoad load, HostLab lab, IReadOnlyList<Host> minority, string what, TimeSpan length, Func<Task> cut)
    {
        await load.WhileAsync(lab.Hosts, async () =>
        {
            await Task.Delay(TimeSpan.FromSeconds(0.5));
            await cut();
            await Task.Delay(length);
            await lab.HealAsync();
            TimeSpan healed = await load.WorksAsync(lab.Hosts);
            report($"{what}: all worked {healed.TotalSeconds:0.0} s after it was healed");
        });
        for (int at = 0; at < lab.Hosts.Count; at++)
        {
            if (!lab.Hosts[at].IsRunning)
                throw new FaultException($"{lab.Hosts[at].Name} has ended\n{lab.Hosts[at].Log}");
            if (minority.Contains(lab.Hosts[at]) && load.Declarers[at].Refused == 0)
                throw new FaultException($"{lab.Hosts[at].Name} had no majority, and refused nothing");
            if (load.Declarers[at].Ok == 0)
                throw new FaultException($"{lab.Hosts[at].Name} got nothing done");
        }
        await load.JudgeAsync(lab.Hosts);
        load.Tell(what);
    }

    private async Task KillAsync(ClusterLoad load, JoinedHosts cluster, IReadOnlyList<Host> hosts)
    {
        string what = hosts.Count == 1 ? $"{hosts[0].Name} killed" : "all killed";
        await load.WhileAsync(cluster.Hosts, async () =>
        {
            await Task.Delay(TimeSpan.FromSeconds(1));
            await Task.WhenAll(hosts.Select(host => host.KillAsync()));
            foreach (Host host in hosts)
                host.Launch();
            await cluster.WholeAsync();
            TimeSpan healed = await load.WorksAsync(cluster.Hosts);
            report($"{what}: all worked {healed.TotalSeconds:0.0} s after all were up");
        });
        await load.JudgeAsync(cluster.Hosts);
        load.Tell(what);
    }

    private async Task SuspendAsync(
        ClusterLoad load, JoinedHosts cluster, IReadOnlyList<Host> hosts, TimeSpan length)
    {
        string what = hosts.Count == 1 ? $"{hosts[0].Name} suspended" : "all suspended";
        await load.WhileAsync(cluster.Hosts, async () =>
        {
            await Task.Delay(TimeSpan.FromSeconds(1));
            await Task.WhenAll(hosts.Select(host => host.SuspendAsync()));
            await Task.Delay(length);
            await Task.WhenAll(hosts.Select(host => host.ResumeAsync()));
            TimeSpan healed = await load.WorksAsync(cluster.Hosts);
            report($"{what} for {length.TotalSeconds} s: all worked {healed.TotalSeconds:0.0} s after it went on");
        });
        await load.JudgeAsync(cluster.Hosts);
        load.Tell(what);
    }
}
