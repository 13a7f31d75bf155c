using Warren.Wire;
using Xunit;

namespace Warren.Cli.Tests;

/// <summary>Two nodes with control sockets that are one cluster.</summary>
internal sealed class ControlledPair : IAsyncDisposable
{
    private ControlledPair(ControlledNode one, string nameOfOne, ControlledNode other, string nameOfOther)
    {
        One = one;
        NameOfOne = nameOfOne;
        Other = other;
        NameOfOther = nameOfOther;
    }

    public ControlledNode One { get; }

    public string NameOfOne { get; }

    public ControlledNode Other { get; }

    public string NameOfOther { get; }

    /// <param name="number">Last part of the first one's address, 127.0.0.x; the other's is the next.</param>
    public static async Task<ControlledPair> StartAsync(int number)
    {
        string nameOfOne = $"rabbit@127.0.0.{number}";
        string nameOfOther = $"rabbit@127.0.0.{number + 1}";
        ControlledNode one = await StartAsync(nameOfOne, number);
        ControlledNode other = await StartAsync(nameOfOther, number + 1);
        Point(one, other, nameOfOther);
        Point(other, one, nameOfOne);
        var pair = new ControlledPair(one, nameOfOne, other, nameOfOther);
        foreach (string[] line in (string[][])[["stop_app"], ["reset"], ["join_cluster", nameOfOne], ["start_app"]])
        {
            CommandRun run = pair.RunOnOther(["rabbitmqctl", .. line]);
            Assert.True(run.Code == ExitCode.Ok, $"{line[0]}: {run.Error}");
        }
        await Eventually.True(() => one.Host.Cluster!.Status() is [{ IsUp: true }]);
        return pair;
    }

    /// <summary>Runs a command for the first node, the tool's name first.</summary>
    public CommandRun RunOnOne(params string[] line) => One.Run([line[0], "-n", NameOfOne, .. line[1..]]);

    public CommandRun RunOnOther(params string[] line) => Other.Run([line[0], "-n", NameOfOther, .. line[1..]]);

    /// <summary>Stops the other's broker, and waits until the first one knows.</summary>
    public async Task StopOtherAsync()
    {
        await Other.Host.StopAppAsync();
        await Eventually.True(() => One.Host.Cluster!.Status() is [{ IsUp: false }]);
    }

    public async ValueTask DisposeAsync()
    {
        await Other.DisposeAsync();
        await One.DisposeAsync();
    }

    private static async Task<ControlledNode> StartAsync(string name, int number)
    {
        ControlledNode node = await ControlledNode.StartAsync(
            // Tests move leaders, and nobody else does.
            $"distribution.listener.interface = 127.0.0.{number}\nwarren.leader_balancing = false\n", startsApp: false,
            name: name);
        await File.WriteAllTextAsync(Path.Combine(node.DataBase, ".erlang.cookie"), "ONECOOKIE");
        File.SetUnixFileMode(Path.Combine(node.DataBase, ".erlang.cookie"), UnixFileMode.UserRead);
        await node.Host.StartAppAsync();
        return node;
    }

    // Each has a run directory of its own: one finds the other at a copy of its entry.
    private static void Point(ControlledNode one, ControlledNode other, string name) => File.Copy(
        Path.Combine(other.DataBase, "run", name + ".node"), Path.Combine(one.DataBase, "run", name + ".node"),
        overwrite: true);
}
