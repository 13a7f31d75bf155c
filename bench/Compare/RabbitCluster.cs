using System.Diagnostics;

namespace Warren.Compare;

/// <summary>Nodes of RabbitMQ as the distribution's package installs it, without plugins.</summary>
/// <param name="directory">Of all of them.</param>
/// <param name="port">The first node's; the others' are ten apart.</param>
/// <param name="count">How many nodes there are: a cluster from the beginning.</param>
internal sealed class RabbitCluster(string directory, int port, int count) : NodeCluster(
    "RabbitMQ",
    directory,
    [
        .. Enumerable.Range(0, count).Select(number => new RabbitNode(
            Path.Combine(directory, $"node-{number}"), port + (number * PortsApart), number, port + 2,
            Settings(count, RabbitNode.NameOf))),
    ])
{
    private const string Tool = "/usr/lib/rabbitmq/bin/rabbitmqctl";

    private static readonly TimeSpan FormationLimit = TimeSpan.FromMinutes(2);

    /// <summary>Until all of them are one cluster: a node's port answers before.</summary>
    internal override TimeSpan Start()
    {
        long begun = Stopwatch.GetTimestamp();
        base.Start();
        using var never = new ManualResetEventSlim(false);
        while (Enumerable.Range(0, Nodes.Count).Any(number => !IsOneOfAll(Nodes[number])))
        {
            if (Stopwatch.GetElapsedTime(begun) > FormationLimit)
                throw new IOException($"RabbitMQ is no cluster after {FormationLimit.TotalSeconds} s");
            never.Wait(500);
        }

        return Stopwatch.GetElapsedTime(begun);
    }

    internal override void Discard()
    {
        base.Discard();
        ((RabbitNode)Nodes[0]).EndNames();
    }

    protected override string Control(BrokerProcess node, params string[] command)
    {
        var start = new ProcessStartInfo(Tool, ["--node", ((RabbitNode)node).NodeName, .. command]);
        ((RabbitNode)node).SetPlaces(start.Environment);
        return Run(start);
    }

    private bool IsOneOfAll(BrokerProcess node)
    {
        string running = Control(node, "--silent", "eval", "rabbit_nodes:all_running().");
        return Enumerable.Range(0, Nodes.Count)
            .All(number => running.Contains(RabbitNode.NameOf(number), StringComparison.Ordinal));
    }
}
