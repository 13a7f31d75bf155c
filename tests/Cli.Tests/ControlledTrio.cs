using Warren.Wire;
using Xunit;

namespace Warren.Cli.Tests;

/// <summary>Three nodes with control sockets that are one cluster.</summary>
internal sealed class ControlledTrio : IAsyncDisposable
{
    private readonly List<(ControlledNode Node, string Name)> _nodes = [];

    /// <param name="number">Last part of the first one's address, 127.0.0.x; the others' are the next.</param>
    public static async Task<ControlledTrio> StartAsync(int number)
    {
        var trio = new ControlledTrio();
        for (int at = number; at < number + 3; at++)
        {
            string name = $"rabbit@127.0.0.{at}";
            trio._nodes.Add((await ControlledPair.StartNodeAsync(name, at), name));
        }
        foreach ((ControlledNode node, _) in trio._nodes)
        {
            foreach ((ControlledNode other, string name) in trio._nodes.Where(one => one.Node != node))
                ControlledPair.Point(node, other, name);
        }
        foreach (int joining in (int[])[2, 3])
        {
            string first = trio.NameOf(1);
            foreach (string[] line in (string[][])[["stop_app"], ["reset"], ["join_cluster", first], ["start_app"]])
            {
                CommandRun run = trio.Run(joining, ["rabbitmqctl", .. line]);
                Assert.True(run.Code == ExitCode.Ok, $"{line[0]}: {run.Error}");
            }
        }
        await trio.UntilSeenAsync(2);
        return trio;
    }

    public string NameOf(int node) => _nodes[node - 1].Name;

    /// <summary>Runs a command for a node, the tool's name first.</summary>
    public CommandRun Run(int node, params string[] line) =>
        _nodes[node - 1].Node.Run([line[0], "-n", NameOf(node), .. line[1..]]);

    /// <summary>Stops a node's broker, and waits until the first one knows.</summary>
    public async Task StopAsync(int node)
    {
        await _nodes[node - 1].Node.Host.StopAppAsync();
        await UntilSeenAsync(1);
    }

    public Task RestartAsync(int node) => _nodes[node - 1].Node.Host.StartAppAsync();

    public async ValueTask DisposeAsync()
    {
        foreach ((ControlledNode node, _) in Enumerable.Reverse(_nodes))
            await node.DisposeAsync();
    }

    private Task UntilSeenAsync(int others) => Eventually.True(
        () => _nodes[0].Node.Host.Cluster!.Status().Count(static other => other.IsUp) == others);
}
