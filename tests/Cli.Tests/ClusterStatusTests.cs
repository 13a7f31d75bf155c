using Warren.Cluster;
using Warren.Cluster.Identity;
using Warren.Cluster.Links;
using Warren.Server.Cluster;
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
        ShareCluster(one, other);
        one.Host.Cluster!.AddPeer(Name(Other), other.Host.Cluster!.Member!.Identity.Node);
        Point(one, other);
        await Eventually.True(() => one.Host.Cluster.Status() is [{ IsUp: true }]);
        string text = one.Run("rabbitmqctl", "-n", One, "cluster_status").Output;
        Assert.Contains($"Disk Nodes\n\n{One}\n{Other}\n\nRunning Nodes\n\n{One}\n{Other}\n", Plain(text),
            StringComparison.Ordinal);
        Assert.DoesNotContain("Unreachable Nodes", text, StringComparison.Ordinal);
        await other.Host.StopAppAsync();
        await Eventually.True(() => one.Host.Cluster.Status() is [{ IsUp: false }]);
        text = Plain(one.Run("rabbitmqctl", "-n", One, "cluster_status").Output);
        Assert.Contains($"Disk Nodes\n\n{One}\n{Other}\n\nRunning Nodes\n\n{One}\n\n", text, StringComparison.Ordinal);
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

    private static void ShareCluster(params ControlledNode[] nodes)
    {
        foreach (ControlledNode node in nodes)
        {
            ClusterHost cluster = node.Host.Cluster!;
            NodeIdentity identity = cluster.Member!.Identity;
            cluster.SetIdentity(identity with { Cluster = new ClusterId(new Guid(1, 0, 0, new byte[8])) });
        }
    }

    // The one that listens is told of the one that dials: it is found at an entry of the other's directory.
    private static void Point(ControlledNode one, ControlledNode other)
    {
        string entry = Path.Combine(other.DataBase, "run", Other + ".node");
        File.Copy(entry, Path.Combine(one.DataBase, "run", Other + ".node"), overwrite: true);
    }

    private static string Plain(string text) =>
        text.Replace("\u001b[1m", "", StringComparison.Ordinal).Replace("\u001b[0m", "", StringComparison.Ordinal);

    private static NodeName Name(string text) =>
        NodeName.TryParse(text, out NodeName name) ? name : throw new ArgumentException(text);
}
