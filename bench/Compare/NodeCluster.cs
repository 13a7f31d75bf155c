using System.Diagnostics;
using System.Globalization;

namespace Warren.Compare;

/// <summary>
/// Nodes on this machine, each a process of its own, of which the first ones found a cluster by their configuration.
/// Clients go to the first, unless a command names others: {uris} are all addresses, {uri2} is that of the second node;
/// {pids} are all processes that run, {pid2} is the second.
/// </summary>
/// <param name="name">The broker's.</param>
/// <param name="directory">Of all of them.</param>
/// <param name="nodes">In this order.</param>
internal abstract class NodeCluster(string name, string directory, IReadOnlyList<BrokerProcess> nodes) : Broker(name)
{
    /// <summary>Between the ports of a node and those of the next.</summary>
    internal const int PortsApart = 10;

    internal override string Address => Nodes[0].Address;

    internal override int ProcessId => Nodes[0].ProcessId;

    internal override string DataDirectory => Nodes[0].DataDirectory;

    protected IReadOnlyList<BrokerProcess> Nodes { get; } = nodes;

    protected string Directory { get; } = directory;

    /// <summary>Starts all of them; returns how long it took until the last served.</summary>
    internal override TimeSpan Start()
    {
        long begun = Stopwatch.GetTimestamp();
        Each(node => node.Start());
        return Stopwatch.GetElapsedTime(begun);
    }

    internal override void Stop() => Each(node => node.Stop());

    internal override void Kill() => Each(node => node.Kill());

    internal override void Discard()
    {
        Each(node => node.Discard());
        if (System.IO.Directory.Exists(Directory))
            System.IO.Directory.Delete(Directory, recursive: true);
    }

    internal override void MirrorAll() =>
        Control(Nodes[0], "set_policy", "mirrored", ".*", """{"ha-mode":"all"}""");

    internal override void StopLast() => Nodes[^1].Stop();

    internal override string Complete(string command) => base.Complete(command)
        .Replace("{uris}", string.Join(',', Nodes.Select(node => node.Address)), StringComparison.Ordinal)
        .Replace("{pids}", string.Join(',', Running.Select(node => node.ProcessId)), StringComparison.Ordinal)
        .Replace("{uri2}", Nodes[1].Address, StringComparison.Ordinal)
        .Replace("{uri3}", Nodes[^1].Address, StringComparison.Ordinal)
        .Replace(
            "{pid2}", Nodes[1].ProcessId.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);

    public override void Dispose()
    {
        foreach (BrokerProcess node in Nodes)
            node.Dispose();
    }

    /// <summary>The configuration with which the first <paramref name="founders"/> found a cluster.</summary>
    protected static string Settings(int founders, Func<int, string> nameOf) => string.Join(
        '\n',
        Enumerable.Range(0, founders)
            .Select(number => $"cluster_formation.classic_config.nodes.{number + 1} = {nameOf(number)}")
            .Prepend("cluster_formation.peer_discovery_backend = classic_config")
            .Append(""));

    /// <summary>Runs the broker's command line tool for a node; returns what it prints.</summary>
    protected abstract string Control(BrokerProcess node, params string[] command);

    /// <summary>Runs it; returns what it prints.</summary>
    /// <exception cref="IOException">It failed.</exception>
    protected static string Run(ProcessStartInfo start)
    {
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        using Process process =
            Process.Start(start) ?? throw new IOException($"{start.FileName} could not be started");
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        string command = string.Join(' ', start.ArgumentList);
        return process.ExitCode == 0
            ? output.Result
            : throw new IOException($"{command} ended with {process.ExitCode}: {output.Result}{error}");
    }

    private IEnumerable<BrokerProcess> Running => Nodes.Where(node => node.IsRunning);

    // All at once: they wait for each other.
    private void Each(Action<BrokerProcess> act)
    {
        try
        {
            Parallel.ForEach(Nodes, new ParallelOptions { MaxDegreeOfParallelism = Nodes.Count }, act);
        }
        catch (AggregateException failures)
        {
            throw new IOException(failures.InnerExceptions[0].Message, failures);
        }
    }
}
