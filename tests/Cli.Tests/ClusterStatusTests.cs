using System.Text.Json;
using Warren.Wire;
using Xunit;

namespace Warren.Cli.Tests;

/// <summary>What <c>cluster_status</c> says of other nodes.</summary>
public sealed class ClusterStatusTests
{
    private const string One = "rabbit@127.0.0.33";
    private const string Other = "rabbit@127.0.0.34";

    [Fact]
    public async Task Nodes_that_run_and_nodes_that_do_not_are_told_with_the_reason()
    {
        await using ControlledNode one = await StartAsync(One, 33);
        await using ControlledNode other = await StartAsync(Other, 34);
        Point(one, other, Other);
        Point(other, one, One);
        foreach (string[] line in (string[][])[["stop_app"], ["reset"], ["join_cluster", One], ["start_app"]])
        {
            CommandRun run = other.Run(["rabbitmqctl", "-n", Other, .. line]);
            Assert.True(run.Code == ExitCode.Ok, $"{line[0]}: {run.Error}");
        }
        await Eventually.True(() => one.Host.Cluster!.Status() is [{ IsUp: true }]);
        string text = Plain(one.Run("rabbitmqctl", "-n", One, "cluster_status").Output);
        Assert.Contains($"Disk Nodes\n\n{One}\n{Other}\n\nRunning Nodes\n\n{One}\n{Other}\n", Plain(text),
            StringComparison.Ordinal);
        Assert.DoesNotContain("Unreachable Nodes", text, StringComparison.Ordinal);
        // What each says of itself, over the links.
        foreach (string name in (string[])[One, Other])
        {
            Assert.Contains($"\n{name}: RabbitMQ 3.13.7 (Warren ", text, StringComparison.Ordinal);
            Assert.Contains(
                $"\nNode: {name}, available CPU cores: {Environment.ProcessorCount}\n", text, StringComparison.Ordinal);
            Assert.Contains($"\nNode: {name}, status: not under maintenance\n", text, StringComparison.Ordinal);
            Assert.Contains($"\nNode: {name}, interface: 127.0.0.1, port: ", text, StringComparison.Ordinal);
        }
        Assert.Contains(
            $"\nTotal CPU cores available cluster-wide: {2 * Environment.ProcessorCount}\n", Plain(text),
            StringComparison.Ordinal);
        Assert.Contains("\nWarnings\n\na cluster of two nodes stops when one of them is lost", Plain(text),
            StringComparison.Ordinal);
        Assert.Equal(ExitCode.Ok, other.Run("rabbitmq-upgrade", "-n", Other, "drain").Code);
        string json = one.Run("rabbitmqctl", "-n", One, "-q", "cluster_status", "--formatter", "json").Output;
        using (JsonDocument status = JsonDocument.Parse(json))
        {
            JsonElement root = status.RootElement;
            Assert.Equal("under maintenance", root.GetProperty("maintenance_status").GetProperty(Other).GetString());
            Assert.Equal("not under maintenance", root.GetProperty("maintenance_status").GetProperty(One).GetString());
            Assert.Equal(Environment.ProcessorCount, root.GetProperty("cpu_cores").GetProperty(Other).GetInt32());
            Assert.Equal("RabbitMQ", root.GetProperty("versions").GetProperty(Other)
                .GetProperty("rabbitmq_name").GetString());
        }
        await other.Host.StopAppAsync();
        await Eventually.True(() => one.Host.Cluster!.Status() is [{ IsUp: false }]);
        text = Plain(one.Run("rabbitmqctl", "-n", One, "cluster_status").Output);
        Assert.Contains($"Disk Nodes\n\n{One}\n{Other}\n\nRunning Nodes\n\n{One}\n\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain($"{Other}: RabbitMQ", text, StringComparison.Ordinal);
        Assert.DoesNotContain($"Node: {Other},", text, StringComparison.Ordinal);
        Assert.Contains($"\nUnreachable Nodes\n\n{Other}: ", text, StringComparison.Ordinal);
        // It does not run: that is no partition.
        Assert.Contains("\nNetwork Partitions\n\n(none)\n", text, StringComparison.Ordinal);
    }

    private static async Task<ControlledNode> StartAsync(string name, int number)
    {
        ControlledNode node = await ControlledNode.StartAsync(
            $"distribution.listener.interface = 127.0.0.{number}\n", startsApp: false, name: name);
        await File.WriteAllTextAsync(Path.Combine(node.DataBase, ".erlang.cookie"), "ONECOOKIE");
        File.SetUnixFileMode(Path.Combine(node.DataBase, ".erlang.cookie"), UnixFileMode.UserRead);
        await node.Host.StartAppAsync();
        return node;
    }

    // Each has a run directory of its own: one finds the other at a copy of its entry.
    private static void Point(ControlledNode one, ControlledNode other, string name) => File.Copy(
        Path.Combine(other.DataBase, "run", name + ".node"), Path.Combine(one.DataBase, "run", name + ".node"),
        overwrite: true);

    private static string Plain(string text) =>
        text.Replace("\u001b[1m", "", StringComparison.Ordinal).Replace("\u001b[0m", "", StringComparison.Ordinal);
}
