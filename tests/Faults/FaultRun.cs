using Warren.Faults.Hosts;
using Warren.Faults.Ledgers;
using Warren.Faults.Nodes;
using Warren.Faults.Scenarios;

namespace Warren.Faults;

/// <summary>Fault runs from the command line.</summary>
internal static class FaultRun
{
    /// <summary>Messages that wait at a clean stop.</summary>
    private const int Backlog = 40_000;

    /// <summary>Does what the arguments say; the result is the exit code.</summary>
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, TextWriter output)
    {
        try
        {
            FaultOptions options = FaultOptions.Parse(arguments);
            foreach (string name in options.Names)
            {
                bool isCluster = name == "cluster" || FaultOptions.OfCluster.Contains(name);
                if (isCluster && await ClusterAsync(name, options, output) is { } code)
                    return code;
                if (!isCluster)
                    await RunAsync(name, options, output);
            }
            return 0;
        }
        catch (FaultException error)
        {
            output.WriteLine(error.Message);
            return 1;
        }
    }

    // In a process of its own, which has a network of its own; null: went well.
    private static async Task<int?> ClusterAsync(string name, FaultOptions options, TextWriter output)
    {
        int seed = options.Seed ?? Random.Shared.Next(1_000_000);
        long begun = TimeProvider.System.GetTimestamp();
        if (HostLab.IsEntered)
        {
            bool isWhole = name == "cluster";
            foreach (string one in isWhole ? FaultOptions.OfCluster : [name])
                await ScenarioAsync(one, seed, options.Length, isWhole, Report);
            return null;
        }
        if (await HostLab.WhyNotAsync() is { } reason)
        {
            output.WriteLine($"{name}: skipped: {reason}");
            return null;
        }
        List<string> arguments = [name, "--seed", $"{seed}"];
        if (options.Length != RunLength.Full)
            arguments.Add(options.Length == RunLength.Short ? "--short" : "--brief");
        int code = await HostLab.Reenter(arguments, output);
        return code == 0 ? null : code;

        void Report(string line) =>
            output.WriteLine($"{TimeProvider.System.GetElapsedTime(begun).TotalSeconds,6:0.0} s  {line}");
    }

    private static async Task ScenarioAsync(
        string name, int seed, RunLength length, bool maySkip, Action<string> report)
    {
        bool isShort = length != RunLength.Full;
        switch (name)
        {
            case "forming":
                await new FormingScenario(seed, report).RunAsync();
                break;
            case "joining":
                await new ClusterScenario(seed, isShort, report).RunAsync();
                break;
            case "guide":
                await new GuideScenario(report).RunAsync();
                break;
            case "failover":
                await new FailoverScenario(seed, length, report).RunAsync();
                break;
            case "rolling":
                await new RollingScenario(seed, length, report).RunAsync();
                break;
            case "disks" when await DisksScenario.WhyNotAsync(length) is { } reason:
                Skip(name, reason, maySkip, report);
                break;
            case "disks":
                await new DisksScenario(seed, length, report).RunAsync();
                break;
            case "leader":
                await new LeaderScenario(seed, length, report).RunAsync();
                break;
            case "partition":
                await new PartitionScenario(seed, length, report).RunAsync();
                break;
            case "clock" when await ClockScenario.WhyNotAsync() is { } reason:
                Skip(name, reason, maySkip, report);
                break;
            case "clock":
                await new ClockScenario(seed, isShort, report).RunAsync();
                break;
            case "membership":
                await new MembershipScenario(seed, isShort, report).RunAsync();
                break;
            case "balancer" when await BalancerScenario.WhyNotAsync() is { } reason:
                Skip(name, reason, maySkip, report);
                break;
            case "balancer":
                await new BalancerScenario(seed, isShort, report).RunAsync();
                break;
            default:
                throw new FaultException($"there is no scenario {name}");
        }
    }

    // Whoever asks for it by name wants it run.
    private static void Skip(string name, string reason, bool maySkip, Action<string> report)
    {
        if (!maySkip)
            throw new FaultException($"{name}: cannot run: {reason}");
        report($"{name}: skipped: {reason}");
    }

    private static async Task RunAsync(string name, FaultOptions options, TextWriter output)
    {
        int seed = options.Seed ?? Random.Shared.Next();
        if (options.IsRabbit && !RabbitNode.IsInstalled)
            throw new FaultException("RabbitMQ (the package rabbitmq-server) is not installed");
        if (name == "full")
        {
            if (await FullScenario.RunAsync(seed, output.WriteLine) is { } reason)
                output.WriteLine($"full: skipped: {reason}");
            return;
        }
        using NodeProcess node = options.IsRabbit ? new RabbitNode() : new WarrenNode();
        var ledger = new Ledger(options.IsRabbit ? Guarantees.OfRabbit : new Guarantees());
        var tested = new TestedNode(node, ledger, seed);
        if (name == "clean")
        {
            await new CleanScenario(tested, Backlog, output.WriteLine).RunAsync();
            return;
        }
        var kill = new KillOptions { Seed = seed, Rounds = options.Rounds, Report = output.WriteLine };
        await new KillScenario(tested, kill).RunAsync();
    }
}
