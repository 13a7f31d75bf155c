using System.Diagnostics;
using System.Globalization;

namespace Warren.Compare;

/// <summary>
/// Nodes on this machine, each a process of its own, of which the first ones found a cluster by their configuration.
/// Clients go to the first, unless a command names others: {uris} are all addresses, {uri2} is that of the second node;
/// {pids} are all processes that run, {pid2} is the second.
/// </summary>
internal sealed class WarrenCluster : Broker
{
    private const int PortsApart = 10;
    private static readonly TimeSpan CatchUpLimit = TimeSpan.FromMinutes(10);

    private readonly string _tool;
    private readonly string _directory;
    private readonly WarrenNode[] _nodes;

    /// <param name="executable">The node.</param>
    /// <param name="tool">The command line tool.</param>
    /// <param name="directory">Of all of them.</param>
    /// <param name="port">The first node's; the others' are ten apart.</param>
    /// <param name="count">How many nodes there are.</param>
    /// <param name="founders">How many of them are a cluster from the beginning.</param>
    internal WarrenCluster(string executable, string tool, string directory, int port, int count, int founders)
        : base("Warren")
    {
        _tool = tool;
        _directory = directory;
        _nodes =
        [
            .. Enumerable.Range(0, count).Select(number => new WarrenNode(
                executable, Path.Combine(directory, $"node-{number}"), port + (number * PortsApart), number,
                number < founders ? Settings(founders) : "")),
        ];
    }

    internal override string Address => _nodes[0].Address;

    internal override int ProcessId => _nodes[0].ProcessId;

    internal override string DataDirectory => _nodes[0].DataDirectory;

    /// <summary>Starts all of them; returns how long it took until the last served.</summary>
    internal override TimeSpan Start()
    {
        System.IO.Directory.CreateDirectory(Path.Combine(_directory, "run"));
        long begun = Stopwatch.GetTimestamp();
        Each(node => node.Start());
        return Stopwatch.GetElapsedTime(begun);
    }

    internal override void Stop() => Each(node => node.Stop());

    internal override void Kill() => Each(node => node.Kill());

    internal override void Discard()
    {
        Each(node => node.Discard());
        if (System.IO.Directory.Exists(_directory))
            System.IO.Directory.Delete(_directory, recursive: true);
    }

    internal override TimeSpan Join()
    {
        WarrenNode last = _nodes[^1];
        Control(last, "stop_app");
        long begun = Stopwatch.GetTimestamp();
        Control(last, "join_cluster", _nodes[0].NodeName);
        Control(last, "start_app");
        last.AwaitListening(begun);
        return Stopwatch.GetElapsedTime(begun);
    }

    internal override void MirrorAll() =>
        Control(_nodes[0], "set_policy", "mirrored", ".*", """{"ha-mode":"all"}""");

    internal override void StopLast() => _nodes[^1].Stop();

    internal override (TimeSpan Elapsed, double PeakMiB) CatchUp()
    {
        WarrenNode last = _nodes[^1];
        long begun = Stopwatch.GetTimestamp();
        last.Start();
        using var never = new ManualResetEventSlim(false);
        while (!Control(_nodes[0], "--silent", "list_queues", "synchronised_slave_nodes")
            .Contains(last.NodeName, StringComparison.Ordinal))
        {
            if (Stopwatch.GetElapsedTime(begun) > CatchUpLimit)
                throw new IOException($"{last.NodeName} is not in step after {CatchUpLimit.TotalSeconds} s");
            never.Wait(100);
        }

        return (Stopwatch.GetElapsedTime(begun), PeakMiBOf(last.ProcessId));
    }

    internal override string Complete(string command) => base.Complete(command)
        .Replace("{uris}", string.Join(',', _nodes.Select(node => node.Address)), StringComparison.Ordinal)
        .Replace("{pids}", string.Join(',', Running.Select(node => node.ProcessId)), StringComparison.Ordinal)
        .Replace("{uri2}", _nodes[1].Address, StringComparison.Ordinal)
        .Replace("{uri3}", _nodes[^1].Address, StringComparison.Ordinal)
        .Replace(
            "{pid2}", _nodes[1].ProcessId.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);

    private IEnumerable<WarrenNode> Running => _nodes.Where(node => node.IsRunning);

    public override void Dispose()
    {
        foreach (WarrenNode node in _nodes)
            node.Dispose();
    }

    private static string Settings(int founders) => string.Join(
        '\n',
        Enumerable.Range(0, founders)
            .Select(number =>
                $"cluster_formation.classic_config.nodes.{number + 1} = {WarrenNode.NameOf(number)}")
            .Prepend("cluster_formation.peer_discovery_backend = classic_config")
            .Append(""));

    // All at once: they wait for each other.
    private void Each(Action<WarrenNode> act)
    {
        try
        {
            Parallel.ForEach(
                _nodes, new ParallelOptions { MaxDegreeOfParallelism = _nodes.Length }, act);
        }
        catch (AggregateException failures)
        {
            throw new IOException(failures.InnerExceptions[0].Message, failures);
        }
    }

    private static double PeakMiBOf(int processId)
    {
        string line = File.ReadLines($"/proc/{processId}/status")
            .First(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
        return double.Parse(line.Split(' ', '\t', StringSplitOptions.RemoveEmptyEntries)[1],
            CultureInfo.InvariantCulture) / 1024;
    }

    private string Control(WarrenNode node, params string[] command)
    {
        var start = new ProcessStartInfo(_tool, ["rabbitmqctl", .. command])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        node.SetPlaces(start.Environment);
        using Process process = Process.Start(start) ?? throw new IOException($"{_tool} could not be started");
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
            throw new IOException($"{string.Join(' ', command)} ended with {process.ExitCode}: {output.Result}{error}");
        return output.Result;
    }
}
