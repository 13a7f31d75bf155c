using Warren.Wire;
using Xunit;

namespace Warren.Cli.Tests;

/// <summary>What operators see of queues with members on three nodes, while one of them goes and comes.</summary>
public sealed class ThreeNodeCommandTests
{
    [Fact]
    public async Task MirrorsAreShownAsTheyComeAndGo()
    {
        await using ControlledTrio trio = await ControlledTrio.StartAsync(71);
        Declare(trio);
        await MirrorsAsync(2, 3);
        foreach (string queue in (string[])["ha", "q"])
        {
            Assert.Equal(
                (ExitCode.Ok, $"Synchronising queue '{queue}' in vhost '/' ...\n"),
                Result(trio.Run(2, "rabbitmqctl", "sync_queue", queue)));
        }
        Assert.Equal(
            (ExitCode.Ok, "Stopping synchronising queue 'ha' in vhost '/' ...\nnot_syncing\n"),
            Result(trio.Run(3, "rabbitmqctl", "cancel_sync_queue", "ha")));
        foreach (string command in (string[])["sync_queue", "cancel_sync_queue"])
            Assert.NotEqual(ExitCode.Ok, trio.Run(1, "rabbitmqctl", command, "nosuch").Code);
        CommandRun refused = trio.Run(1, "rabbitmqctl", "sync_queue", "alone");
        Assert.Equal((ExitCode.Unavailable, "Error:\nnot_mirrored\n"), (refused.Code, refused.Error));
        for (int node = 1; node <= 3; node++)
        {
            Assert.Equal(
                (ExitCode.Ok, "Will flush Raft WAL of quorum queue q ...\n"),
                Result(trio.Run(node, "rabbitmq-queues", "reclaim_quorum_memory", "q")));
        }
        Assert.Equal(ExitCode.Unavailable, trio.Run(2, "rabbitmq-queues", "reclaim_quorum_memory", "ha").Code);

        await trio.StopAsync(3);
        await MirrorsAsync(2);
        trio.Run(1, "warren", "publish", "-k", "ha", "-c", "3", "m");
        Assert.Equal(ExitCode.Ok, trio.Run(1, "rabbitmqctl", "sync_queue", "ha").Code);
        await trio.RestartAsync(3);
        await MirrorsAsync(2, 3);
        Assert.Equal("3\n", Listed(trio, 3, "ha", "messages"));

        // In whatever order their members were placed; who is away is still one of them.
        Task MirrorsAsync(params int[] synchronised) => Eventually.True(
            () => Names("slave_nodes").SequenceEqual([trio.NameOf(2), trio.NameOf(3)])
                && Names("synchronised_slave_nodes").SequenceEqual(synchronised.Select(trio.NameOf)),
            () => Listed(trio, 1, "ha", "slave_nodes", "synchronised_slave_nodes"));

        IEnumerable<string> Names(string column) =>
            Listed(trio, 1, "ha", column).Trim('[', ']', '\n').Split(", ").Order();
    }

    [Fact]
    public async Task AStopIsAwaitedUntilANodeHasCome()
    {
        await using ControlledTrio trio = await ControlledTrio.StartAsync(75);
        Declare(trio);
        await trio.StopAsync(3);
        foreach (string command in Awaiting)
            Assert.Equal(ExitCode.Unavailable, trio.Run(1, "rabbitmq-upgrade", command, "-t", "1").Code);
        Task<CommandRun>[] waiting = [.. Awaiting.Select(
            command => Task.Run(() => trio.Run(1, "rabbitmq-upgrade", command, "-t", "60")))];
        await trio.RestartAsync(3);
        foreach (Task<CommandRun> one in waiting)
            Assert.Equal((ExitCode.Ok, ""), ((await one).Code, (await one).Error));
    }

    private static readonly string[] Awaiting = ["await_online_quorum_plus_one", "await_online_synchronized_mirror"];

    private static void Declare(ControlledTrio trio)
    {
        trio.Run(1, "rabbitmqctl", "set_policy", "ha", "^ha$", """{"ha-mode":"all"}""");
        foreach (string[] queue in (string[][])[["ha"], ["alone"], ["q", "--type", "quorum"]])
            Assert.Equal(ExitCode.Ok, trio.Run(1, ["warren", "queue", "declare", .. queue]).Code);
    }

    private static (ExitCode Code, string Output) Result(CommandRun run) => (run.Code, run.Output);

    // Without the queue's name.
    private static string Listed(ControlledTrio trio, int node, string queue, params string[] columns) => string.Concat(
        trio.Run(node, ["rabbitmqctl", "-s", "list_queues", "name", .. columns]).Output.Split('\n')
            .Where(line => line.StartsWith(queue + "\t", StringComparison.Ordinal))
            .Select(line => line[(queue.Length + 1)..] + "\n"));
}
