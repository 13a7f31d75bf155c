using System.Text.RegularExpressions;
using Warren.Faults.Hosts;

namespace Warren.Faults.Clusters;

/// <summary>Three machines that are joined to one cluster as the operations guide has it.</summary>
internal sealed partial class JoinedHosts(HostLab lab, Action<string> report)
{
    /// <summary>For their configuration: nothing moves leaders that was not told to.</summary>
    public const string LeadersStay = "warren.leader_balancing = false\n";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public HostLab Lab => lab;

    public IReadOnlyList<Host> Hosts => lab.Hosts;

    /// <summary>The guide's section 4.2: the cookie of the first node on all machines.</summary>
    public async Task ShareCookieAsync()
    {
        Host first = Hosts[0];
        await first.StartAsync();
        string cookie = await first.MustAsync("cat /var/lib/rabbitmq/.erlang.cookie");
        if (cookie.Trim().Length < 20 || cookie.Trim().Contains('\n', StringComparison.Ordinal))
            throw new FaultException($"The cookie is no line with a secret: \"{cookie}\"");
        await first.StopAsync();
        foreach (Host host in Hosts)
            await SetCookieAsync(host, cookie.Trim());
    }

    /// <summary>Writes a machine's cookie as the guide does.</summary>
    public static async Task SetCookieAsync(Host host, string cookie)
    {
        await host.MustAsync($"echo '{cookie}' | tee /var/lib/rabbitmq/.erlang.cookie");
        await host.MustAsync("chmod 400 /var/lib/rabbitmq/.erlang.cookie");
    }

    /// <summary>The guide's section 4.3: every other node joins the first.</summary>
    public async Task JoinAsync()
    {
        foreach (Host host in Hosts)
        {
            await host.StartAsync();
            await host.MustAsync("rabbitmqctl status");
        }
        foreach (Host host in Hosts.Skip(1))
            await JoinAsync(host, Hosts[0]);
        await WholeAsync();
        report($"{Hosts.Count} nodes are joined");
    }

    /// <summary>
    /// Both in less time, for what is no matter of how they are joined: a cookie of our own, all started at once.
    /// </summary>
    public async Task FormAsync()
    {
        string cookie = $"{Guid.NewGuid():N}";
        await Task.WhenAll(Hosts.Select(async host =>
        {
            await SetCookieAsync(host, cookie);
            await host.StartAsync();
        }));
        foreach (Host host in Hosts.Skip(1))
            await JoinAsync(host, Hosts[0]);
        await WholeAsync();
        report($"{Hosts.Count} nodes are joined");
    }

    /// <summary>Joins one node to a cluster by the guide's four commands.</summary>
    public static async Task JoinAsync(Host host, Host member)
    {
        await host.MustAsync("rabbitmqctl stop_app");
        await host.MustAsync("rabbitmqctl reset");
        await host.MustAsync($"rabbitmqctl join_cluster {member.NodeName}");
        await host.MustAsync("rabbitmqctl start_app");
    }

    /// <summary>Waits until every node says that all of them run.</summary>
    public Task WholeAsync() => RunsAsync(Hosts, Hosts);

    /// <summary>Waits until these nodes say that exactly those run.</summary>
    /// <param name="members">How many belong to the cluster; null: all that there are.</param>
    public async Task RunsAsync(IReadOnlyList<Host> told, IReadOnlyList<Host> running, int? members = null)
    {
        long begun = TimeProvider.System.GetTimestamp();
        string[] expected = [.. running.Select(host => host.NodeName).Order(StringComparer.Ordinal)];
        foreach (Host host in told)
        {
            while (true)
            {
                CommandResult status = await host.RunAsync("rabbitmqctl cluster_status");
                if (status.Code == 0 && Section(status.Output, "Running Nodes").SequenceEqual(expected)
                    && Section(status.Output, "Disk Nodes").Count == (members ?? Hosts.Count))
                    break;
                if (TimeProvider.System.GetElapsedTime(begun) > Patience)
                {
                    throw new FaultException(
                        $"{host.Name} does not say that {string.Join(", ", expected)} run:\n{status}\n{host.Log}");
                }
                await Task.Delay(100);
            }
        }
    }

    /// <summary>All nodes have the definitions that they should have.</summary>
    public Task AgreeAsync(DefinitionNames names) => AgreeAsync(names, Hosts);

    /// <summary>These nodes have the definitions that they should have.</summary>
    public static async Task AgreeAsync(DefinitionNames names, IReadOnlyList<Host> hosts)
    {
        foreach (Host host in hosts)
        {
            await JudgeAsync(host, names.Queues, "list_queues name", _ => true);
            await JudgeAsync(host, names.Bindings, "list_bindings source_name destination_name", line =>
                line.StartsWith($"{DefinitionNames.Exchange}\t", StringComparison.Ordinal));
            await JudgeAsync(host, names.Users, "list_users", line =>
                line.StartsWith(UserMaker.Prefix, StringComparison.Ordinal));
        }
    }

    /// <summary>Deletes a node's queues, of which nobody else has a copy, through another one.</summary>
    public async Task DeleteQueuesOfAsync(Host host, DefinitionNames names)
    {
        Host through = Hosts.First(other => other != host);
        string list = await through.MustAsync("rabbitmqctl -q -s list_queues name");
        foreach (string queue in list.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!queue.StartsWith($"{host.Name}.", StringComparison.Ordinal))
                continue;
            await DeleteQueueAsync(through, names, queue);
        }
    }

    /// <summary>Lets a client work through each node while something happens.</summary>
    public Task<IReadOnlyList<Declarer>> DeclareWhileAsync(DefinitionNames names, int seed, Func<Task> happens) =>
        DeclareWhileAsync(names, seed, _ => happens());

    /// <summary>The same, for what has to know what they get done, in the order of their hosts.</summary>
    public async Task<IReadOnlyList<Declarer>> DeclareWhileAsync(
        DefinitionNames names, int seed, Func<IReadOnlyList<Declarer>, Task> happens)
    {
        using var end = new CancellationTokenSource();
        Declarer[] declarers = [.. Hosts.Select((host, at) => new Declarer(host, names, seed + at))];
        Task[] running = [.. declarers.Select(declarer => Task.Run(() => declarer.RunAsync(end.Token)))];
        try
        {
            await happens(declarers);
        }
        finally
        {
            await end.CancelAsync();
            await Task.WhenAll(running);
        }
        return declarers;
    }

    /// <summary>Deletes a queue by command.</summary>
    public static async Task DeleteQueueAsync(Host through, DefinitionNames names, string queue)
    {
        names.Queues.Asked(queue);
        bool isBound = names.Bindings.Find(queue) is not null;
        if (isBound)
            names.Bindings.Asked(queue);
        await through.MustAsync($"rabbitmqctl delete_queue {queue}");
        names.Queues.Deleted(queue);
        if (isBound)
            names.Bindings.Gone(queue);
    }

    [GeneratedRegex(@"\u001b\[[0-9]*m")]
    private static partial Regex Bold();

    // A line's last column but for marks in brackets is a name.
    private static async Task JudgeAsync(Host host, NameLedger names, string list, Func<string, bool> isMeant)
    {
        string lines = await host.MustAsync($"rabbitmqctl -q -s {list}");
        HashSet<string> present = [.. lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(isMeant)
            .Select(line => line.Split('\t').Last(part => !part.StartsWith('[')))];
        if (names.Judge(present) is { } finding)
            throw new FaultException($"On {host.Name}: {finding}\n{host.Log}");
    }

    private static IReadOnlyList<string> Section(string status, string title)
    {
        // Titles are bold.
        string[] lines = [.. status.Split('\n').Select(line => Bold().Replace(line, ""))];
        int at = Array.IndexOf(lines, title);
        return at < 0
            ? []
            : [.. lines.Skip(at + 1).SkipWhile(line => line.Length == 0).TakeWhile(line => line.Length > 0)
                .Select(line => line.Trim()).Order(StringComparer.Ordinal)];
    }
}
