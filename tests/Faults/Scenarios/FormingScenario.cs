using Warren.Faults.Clusters;
using Warren.Faults.Hosts;

namespace Warren.Faults.Scenarios;

/// <summary>
/// Three blank machines with the same list of nodes in their configuration become one cluster by themselves, whichever
/// come first; then one loses its directory, one is reset, one has another cookie.
/// </summary>
internal sealed class FormingScenario(int seed, Action<string> report)
{
    private readonly DefinitionNames _names = new();

    /// <summary>Runs all of it.</summary>
    public async Task RunAsync()
    {
        report($"forming: seed {seed}");
        using HostLab lab = await HostLab.BuildAsync(3);
        try
        {
            var cluster = new JoinedHosts(lab, report);
            await FormAsync(cluster);
            await LoseDirectoryAsync(cluster, lab.Hosts[2]);
            await ResetAsync(cluster, lab.Hosts[1]);
            await MistakeCookieAsync(cluster, lab.Hosts[0]);
            await cluster.AgreeAsync(_names);
        }
        catch (Exception error)
        {
            throw lab.Failure(error, seed);
        }
    }

    private async Task FormAsync(JoinedHosts cluster)
    {
        string nodes = string.Concat(cluster.Hosts.Select((host, at) =>
            $"cluster_formation.classic_config.nodes.{at + 1} = {host.NodeName}\n"));
        foreach (Host host in cluster.Hosts)
        {
            host.Configuration += $"cluster_formation.peer_discovery_backend = classic_config\n{nodes}";
            await JoinedHosts.SetCookieAsync(host, "ABCDEFGHIJKLMNOPQRST");
        }
        // Two of three are enough, whichever they are; the third joins them.
        int late = new Random(seed).Next(3);
        foreach (Host host in cluster.Hosts)
        {
            if (host != cluster.Hosts[late])
                host.Launch();
        }
        foreach (Host host in cluster.Hosts)
        {
            if (host != cluster.Hosts[late])
                await host.LetsInAsync();
        }
        cluster.Hosts[late].Launch();
        await cluster.WholeAsync();
        await cluster.DeclareWhileAsync(_names, seed, () => Task.Delay(TimeSpan.FromSeconds(1)));
        await cluster.AgreeAsync(_names);
        report($"three blank nodes formed a cluster, {cluster.Hosts[late].Name} last");
    }

    private async Task LoseDirectoryAsync(JoinedHosts cluster, Host host)
    {
        await host.KillAsync();
        host.Wipe();
        host.Launch();
        await host.LogsAsync($"rabbitmqctl forget_cluster_node {host.NodeName}");
        CommandResult refused = await cluster.Hosts[0].RunAsync($"rabbitmqctl forget_cluster_node {host.NodeName}");
        if (refused.Code == 0 || !refused.Error.Contains("the only copy of", StringComparison.Ordinal))
            throw new FaultException($"Forgetting a node with queues of its own was to be refused:\n{refused}");
        await cluster.DeleteQueuesOfAsync(host, _names);
        await cluster.Hosts[0].MustAsync($"rabbitmqctl forget_cluster_node {host.NodeName}");
        await cluster.WholeAsync();
        await cluster.AgreeAsync(_names);
        report($"{host.Name} lost its directory, was told what to do, and is back");
    }

    private async Task ResetAsync(JoinedHosts cluster, Host host)
    {
        await host.MustAsync("rabbitmqctl stop_app");
        CommandResult refused = await host.RunAsync("rabbitmqctl reset");
        // It has queues of its own, which nobody else has a copy of.
        if (refused.Code == 0 || !refused.Error.Contains("force_reset", StringComparison.Ordinal))
            throw new FaultException($"A reset that loses queues was to be refused:\n{refused}");
        await host.MustAsync("rabbitmqctl force_reset");
        await cluster.DeleteQueuesOfAsync(host, _names);
        await cluster.Hosts[0].MustAsync($"rabbitmqctl forget_cluster_node {host.NodeName}");
        await host.MustAsync("rabbitmqctl start_app");
        await cluster.WholeAsync();
        report($"{host.Name} was reset, and is back");
    }

    private async Task MistakeCookieAsync(JoinedHosts cluster, Host host)
    {
        await host.StopAsync();
        await JoinedHosts.SetCookieAsync(host, "ZZZZZZZZZZZZZZZZZZZZ");
        host.Launch();
        await host.LogsAsync("different cookies");
        await cluster.Hosts[1].LogsAsync("different cookies");
        string status = await cluster.Hosts[1].MustAsync("rabbitmqctl cluster_status");
        if (!status.Contains("different cookies", StringComparison.Ordinal))
            throw new FaultException($"cluster_status does not say why {host.Name} is away:\n{status}");
        await host.StopAsync();
        await JoinedHosts.SetCookieAsync(host, "ABCDEFGHIJKLMNOPQRST");
        host.Launch();
        await cluster.WholeAsync();
        report($"{host.Name} had another cookie, which was named on both sides");
    }
}
