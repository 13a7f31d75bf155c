using System.Diagnostics;
using System.Globalization;

namespace Warren.Compare;

/// <summary>Nodes of this repository, or any others given by their paths.</summary>
/// <param name="executable">The node.</param>
/// <param name="tool">The command line tool.</param>
/// <param name="directory">Of all of them.</param>
/// <param name="port">The first node's; the others' are ten apart.</param>
/// <param name="count">How many nodes there are.</param>
/// <param name="founders">How many of them are a cluster from the beginning.</param>
internal sealed class WarrenCluster(
    string executable, string tool, string directory, int port, int count, int founders) : NodeCluster(
    "Warren",
    directory,
    [
        .. Enumerable.Range(0, count).Select(number => new WarrenNode(
            executable, Path.Combine(directory, $"node-{number}"), port + (number * PortsApart), number,
            (number < founders ? Settings(founders, WarrenNode.NameOf) : "") + LeadersStay)),
    ])
{
    // A scenario says where the queues are led, and RabbitMQ leaves them there too.
    private const string LeadersStay = "warren.leader_balancing = false\n";

    private static readonly TimeSpan CatchUpLimit = TimeSpan.FromMinutes(10);

    private WarrenNode Last => (WarrenNode)Nodes[^1];

    internal override TimeSpan Start()
    {
        System.IO.Directory.CreateDirectory(Path.Combine(Directory, "run"));
        return base.Start();
    }

    internal override TimeSpan Join()
    {
        Control(Last, "stop_app");
        long begun = Stopwatch.GetTimestamp();
        Control(Last, "join_cluster", WarrenNode.NameOf(0));
        Control(Last, "start_app");
        Last.AwaitListening(begun);
        return Stopwatch.GetElapsedTime(begun);
    }

    internal override (TimeSpan Elapsed, double PeakMiB) CatchUp()
    {
        long begun = Stopwatch.GetTimestamp();
        Last.Start();
        using var never = new ManualResetEventSlim(false);
        while (!Control(Nodes[0], "--silent", "list_queues", "synchronised_slave_nodes")
            .Contains(Last.NodeName, StringComparison.Ordinal))
        {
            if (Stopwatch.GetElapsedTime(begun) > CatchUpLimit)
                throw new IOException($"{Last.NodeName} is not in step after {CatchUpLimit.TotalSeconds} s");
            never.Wait(100);
        }

        return (Stopwatch.GetElapsedTime(begun), PeakMiBOf(Last.ProcessId));
    }

    protected override string Control(BrokerProcess node, params string[] command)
    {
        var start = new ProcessStartInfo(tool, ["rabbitmqctl", .. command]);
        ((WarrenNode)node).SetPlaces(start.Environment);
        return Run(start);
    }

    private static double PeakMiBOf(int processId)
    {
        string line = File.ReadLines($"/proc/{processId}/status")
            .First(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
        return double.Parse(line.Split(' ', '\t', StringSplitOptions.RemoveEmptyEntries)[1],
            CultureInfo.InvariantCulture) / 1024;
    }
}
