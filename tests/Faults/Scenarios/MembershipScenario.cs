using Warren.Faults.Clusters;
using Warren.Faults.Hosts;

namespace Warren.Faults.Scenarios;

/// <summary>
/// The third node leaves and joins again, loses its directory and comes back, and is forgotten and comes back, while
/// clients work on the other two.
/// </summary>
internal sealed class MembershipScenario(int seed, bool isShort, Action<string> report)
{
    private readonly DefinitionNames _names = new();

    /// <summary>Runs all of it.</summary>
    public async Task RunAsync()
    {
        report($"membership: seed {seed}");
        using HostLab lab = await HostLab.BuildAsync(3);
        try
        {
            var cluster = new JoinedHosts(lab, report);
            await cluster.ShareCookieAsync();
            await cluster.JoinAsync();
            var load = new ClusterLoad(_names, seed, report);
            await load.DeclareAsync([lab.Hosts[0], lab.Hosts[1]]);
            for (int round = 0; round < (isShort ? 1 : 5); round++)
            {
                await ChangeAsync(load, cluster, "left and joined", LeaveAsync);
                await ChangeAsync(load, cluster, "lost its directory and joined", WipeAsync);
                await ChangeAsync(load, cluster, "was forgotten and joined", ForgetAsync);
            }
            report($"membership: what was answered\n{_names.Answers}");
        }
        catch (Exception error)
        {
            throw lab.Failure(error, seed, _names.Answers);
        }
    }

    private static async Task ChangeAsync(
        ClusterLoad load, JoinedHosts cluster, string what, Func<ClusterLoad, JoinedHosts, Task> change)
    {
        await load.WhileAsync([cluster.Hosts[0], cluster.Hosts[1]], async () =>
        {
            await Task.Delay(TimeSpan.FromSeconds(0.5));
            await change(load, cluster);
        });
        if (load.Declarers.Any(declarer => declarer.Ok == 0))
            throw new FaultException($"a client got nothing done while {cluster.Hosts[2].Name} {what}");
        await load.JudgeAsync(cluster.Hosts);
        load.Tell($"{cluster.Hosts[2].Name} {what}");
    }

    private static async Task LeaveAsync(ClusterLoad load, JoinedHosts cluster)
    {
        Host host = cluster.Hosts[2];
        await host.MustAsync("rabbitmqctl stop_app");
        await host.MustAsync("rabbitmqctl reset");
        await cluster.RunsAsync(Others(cluster), Others(cluster), members: 2);
        await host.MustAsync("rabbitmqctl start_app");
        await cluster.RunsAsync([host], [host], members: 1);
        await ReturnAsync(load, cluster, cluster.Hosts[1]);
    }

    private static async Task WipeAsync(ClusterLoad load, JoinedHosts cluster)
    {
        Host host = cluster.Hosts[2];
        await host.KillAsync();
        host.Wipe();
        host.Launch();
        await host.LetsInAsync();
        await cluster.Hosts[1].MustAsync($"rabbitmqctl forget_cluster_node {host.NodeName}");
        await cluster.RunsAsync(Others(cluster), Others(cluster), members: 2);
        await ReturnAsync(load, cluster, cluster.Hosts[0]);
    }

    private static async Task ForgetAsync(ClusterLoad load, JoinedHosts cluster)
    {
        Host host = cluster.Hosts[2];
        await host.StopAsync();
        await cluster.Hosts[0].MustAsync($"rabbitmqctl forget_cluster_node {host.NodeName}");
        await cluster.RunsAsync(Others(cluster), Others(cluster), members: 2);
        long log = host.LogLength;
        host.Launch();
        // It knows of a cluster that does not know it any more.
        await host.LogsAsync("was forgotten by", log);
        await host.MustAsync("rabbitmqctl stop_app");
        await host.MustAsync("rabbitmqctl force_reset");
        await ReturnAsync(load, cluster, cluster.Hosts[1]);
    }

    private static async Task ReturnAsync(ClusterLoad load, JoinedHosts cluster, Host member)
    {
        await JoinedHosts.JoinAsync(cluster.Hosts[2], member);
        await cluster.WholeAsync();
        await cluster.Hosts[2].LetsInAsync();
        await load.WorksAsync(cluster.Hosts);
    }

    private static IReadOnlyList<Host> Others(JoinedHosts cluster) => [cluster.Hosts[0], cluster.Hosts[1]];
}
