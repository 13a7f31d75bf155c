using Warren.Faults.Clusters;
using Warren.Faults.Hosts;

namespace Warren.Faults.Scenarios;

/// <summary>
/// The operations guide's sections on replicated queues and on failures, with its own commands: 4.6 and 5.7 (policies,
/// mirrored and quorum queues, its test with 100 messages), 7.1 (one node), 7.2 (all, and the last resort), 7.3 (a
/// partition). Where a service manager's command stands in the guide, its process is started or ended.
/// </summary>
internal sealed class GuideScenario(Action<string> report)
{
    private const string Mirrors = """
        rabbitmqctl set_policy ha-all ".*" '{"ha-mode":"exactly","ha-params":3,"ha-sync-mode":"automatic"}' \
          --priority 0 --apply-to queues
        """;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(40);

    /// <summary>Runs all of it.</summary>
    public async Task RunAsync()
    {
        using HostLab lab = await HostLab.BuildAsync(3);
        try
        {
            var cluster = new JoinedHosts(lab, report);
            await cluster.ShareCookieAsync();
            await cluster.JoinAsync();
            await PoliciesAsync(lab.Hosts[0]);
            await MirrorAsync(lab);
            await OneDownAsync(cluster);
            await PartitionAsync(cluster);
            await AllDownAsync(cluster);
            await LastResortAsync(cluster);
        }
        catch (Exception error)
        {
            throw lab.Failure(error, seed: 0);
        }
    }

    // 4.6.2, 4.6.3
    private async Task PoliciesAsync(Host first)
    {
        await first.MustAsync("""
            rabbitmqctl set_policy ha-orders "^orders\." \
              '{"ha-mode":"exactly","ha-params":3,"ha-sync-mode":"automatic"}' \
              --priority 1 --apply-to queues
            """);
        await first.MustAsync("""
            rabbitmqctl set_policy ha-critical "critical" \
              '{"ha-mode":"all","ha-sync-mode":"automatic"}' \
              --priority 2 --apply-to queues
            """);
        await first.MustAsync("rabbitmqctl clear_policy ha-orders");
        await first.MustAsync("rabbitmqctl clear_policy ha-critical");
        await first.MustAsync("""
            rabbitmqctl set_policy ha-all ".*" \
              '{"ha-mode":"all","ha-sync-mode":"automatic"}' \
              --priority 0 --apply-to queues
            """);
        await first.MustAsync(Mirrors);
        await ShowsAsync(
            first, "rabbitmqctl list_policies",
            "/\tha-all\t.*\tqueues\t{\"ha-mode\":\"exactly\",\"ha-params\":3,\"ha-sync-mode\":\"automatic\"}\t0");
        report("4.6: policies");
    }

    // 5.5, 5.7
    private async Task MirrorAsync(HostLab lab)
    {
        Host first = lab.Hosts[0];
        await first.MustAsync("warren queue declare orders --type quorum");
        await first.MustAsync("warren queue declare legacy-orders");
        await first.MustAsync("warren queue declare test-ha");
        await first.MustAsync("warren publish -k orders 'Order #12345'");
        await first.MustAsync("warren publish -k legacy-orders 'Order #12345'");
        await first.MustAsync(
            """for i in $(seq 1 100); do warren -s publish -k test-ha "Message $i" || exit 1; done""");
        string others = Nodes(lab, 1, 2);
        await ShowsAsync(
            first, "rabbitmqctl -q list_queues name policy slave_nodes synchronised_slave_nodes",
            $"legacy-orders\tha-all\t{others}\t{others}", $"test-ha\tha-all\t{others}\t{others}");
        await ShowsAsync(
            first, "rabbitmqctl -q list_queues name type leader members",
            $"orders\tquorum\t{first.NodeName}\t{Nodes(lab, 0, 1, 2)}");
        await first.MustAsync("rabbitmqctl sync_queue orders");
        await first.MustAsync("""
            for queue in $(rabbitmqctl list_queues -q -s name); do
                echo "Syncing queue: $queue"
                rabbitmqctl sync_queue $queue || exit 1
            done
            """);
        await ShowsAsync(first, "rabbitmqctl list_queues name messages slave_nodes", $"test-ha\t100\t{others}");
        await lab.Hosts[1].StopAsync();
        await ShowsAsync(
            first, "rabbitmqctl list_queues name messages", "test-ha\t100", "orders\t1", "legacy-orders\t1");
        await lab.Hosts[1].StartAsync();
        await ShowsAsync(
            first, "rabbitmqctl list_queues name messages synchronised_slave_nodes", $"test-ha\t100\t{others}");
        report("5.7: still 100 messages without node 2, and synchronised with it");
    }

    // 7.1, with the node that leads: whoever holds the queues then has all.
    private async Task OneDownAsync(JoinedHosts cluster)
    {
        Host down = cluster.Hosts[0];
        await down.KillAsync();
        await cluster.RunsAsync([cluster.Hosts[1]], [.. cluster.Hosts.Skip(1)]);
        await ShowsAsync(
            cluster.Hosts[1], "rabbitmqctl list_queues name messages", "test-ha\t100", "orders\t1", "legacy-orders\t1");
        await cluster.Hosts[1].MustAsync("warren publish -k orders 'Order #12346'");
        await cluster.Hosts[2].MustAsync("warren publish -k legacy-orders 'Order #12346'");
        await down.StartAsync();
        await cluster.WholeAsync();
        await down.MustAsync("rabbitmqctl node_health_check");
        foreach (string command in (string[])["stop_app", $"join_cluster {cluster.Hosts[1].NodeName}", "start_app"])
            await down.MustAsync($"rabbitmqctl {command}");
        await cluster.WholeAsync();
        await SynchronisedAsync(cluster);
        report("7.1: one node killed, everything went on, and it is back");
    }

    // 7.3: longer than a client waits for anything.
    private async Task PartitionAsync(JoinedHosts cluster)
    {
        Host alone = cluster.Hosts[2];
        await cluster.Lab.IsolateAsync(alone);
        await cluster.RunsAsync([cluster.Hosts[0]], [.. cluster.Hosts.Take(2)]);
        await cluster.Hosts[0].MustAsync("warren publish -k orders 'Order #12347'");
        await cluster.Hosts[0].MustAsync("warren publish -k legacy-orders 'Order #12347'");
        CommandResult refused = await alone.RunAsync("warren publish -k orders 'Order #0'");
        if (refused.Code == 0)
            throw new FaultException($"{alone.Name} is cut off, and took a message:\n{refused}");
        await cluster.Lab.HealAsync();
        await cluster.WholeAsync();
        foreach (string command in (string[])["stop_app", "start_app"])
            await alone.MustAsync($"rabbitmqctl {command}");
        await cluster.WholeAsync();
        await SynchronisedAsync(cluster);
        await JoinedHosts.JoinAsync(alone, cluster.Hosts[0]);
        await cluster.WholeAsync();
        await SynchronisedAsync(cluster);
        report("7.3: a partition, which was healed by itself, and once more by reset and join_cluster");
    }

    // 7.2: in the guide's order, and its wait for the first.
    private async Task AllDownAsync(JoinedHosts cluster)
    {
        foreach (Host host in cluster.Hosts)
        {
            await host.MustAsync("rabbitmqctl stop");
            await host.EndsAsync();
        }
        Host first = cluster.Hosts[0];
        first.Launch();
        foreach (Host host in cluster.Hosts.Skip(1))
            host.Launch();
        await first.MustAsync($"rabbitmqctl wait /var/lib/rabbitmq/mnesia/{first.NodeName}.pid");
        await cluster.WholeAsync();
        await SynchronisedAsync(cluster);
        report("7.2: all stopped and started");
    }

    // 7.2, the last resort: two are gone for good, and come back as new ones.
    private async Task LastResortAsync(JoinedHosts cluster)
    {
        Host first = cluster.Hosts[0];
        foreach (Host host in cluster.Hosts.Skip(1))
            await host.KillAsync();
        await first.MustAsync("rabbitmqctl stop_app");
        await first.MustAsync("rabbitmqctl force_boot");
        await first.MustAsync("rabbitmqctl start_app");
        await ShowsAsync(
            first, "rabbitmqctl list_queues name messages", "test-ha\t100", "orders\t3", "legacy-orders\t3");
        await first.MustAsync("warren publish -k orders 'Order #12348'");
        await first.MustAsync("warren publish -k legacy-orders 'Order #12348'");
        foreach (Host host in cluster.Hosts.Skip(1))
        {
            host.Launch();
            foreach (string command in (string[])["stop_app", $"join_cluster {first.NodeName}", "start_app"])
                await EventuallyAsync(host, $"rabbitmqctl {command}");
        }
        await cluster.WholeAsync();
        await SynchronisedAsync(cluster, orders: 4);
        report("7.2: one node forced to go on alone, the others back as new ones");
    }

    // Every node has everything.
    private static async Task SynchronisedAsync(JoinedHosts cluster, int orders = 0)
    {
        foreach (Host host in cluster.Hosts)
        {
            await EventuallyAsync(host, "rabbitmqctl -q -s list_queues name messages slave_nodes "
                + "synchronised_slave_nodes members online", output =>
            {
                string[][] rows = [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
                    .Select(static row => row.Split('\t'))];
                return rows.Length == 3 && rows.All(row => IsWhole(row, orders));
            });
        }
    }

    private static bool IsWhole(string[] row, int orders) => row[0] switch
    {
        "test-ha" => row[1] == "100" && HasTwo(row[2]) && HasTwo(row[3]),
        "legacy-orders" => (orders == 0 || row[1] == $"{orders}") && HasTwo(row[2]) && HasTwo(row[3]),
        "orders" => (orders == 0 || row[1] == $"{orders}") && row[4].Split(',').Length == 3
            && row[5].Split(',').Length == 3,
        _ => false,
    };

    private static bool HasTwo(string nodes) => nodes.Split(',').Length == 2;

    private static string Nodes(HostLab lab, params int[] numbers) =>
        $"[{string.Join(", ", numbers.Select(number => lab.Hosts[number].NodeName))}]";

    private static Task ShowsAsync(Host host, string command, params string[] rows) =>
        EventuallyAsync(host, command, output => rows.All(output.Split('\n').Select(Sorted).Contains));

    // Members are in no order.
    private static string Sorted(string row) => string.Join('\t', row.Split('\t').Select(static cell =>
        cell.StartsWith('[') && cell.EndsWith(']')
            ? $"[{string.Join(", ", cell[1..^1].Split(", ").Order(StringComparer.Ordinal))}]"
            : cell));

    private static async Task EventuallyAsync(Host host, string command, Func<string, bool>? isIt = null)
    {
        long begun = TimeProvider.System.GetTimestamp();
        while (true)
        {
            CommandResult result = await host.RunAsync(command);
            if (result.Code == 0 && isIt?.Invoke(result.Output) != false)
                return;
            if (TimeProvider.System.GetElapsedTime(begun) > Patience)
                throw new FaultException($"{host.Name} does not come to what is expected:\n{result}\n{host.Log}");
            await Task.Delay(200);
        }
    }
}
