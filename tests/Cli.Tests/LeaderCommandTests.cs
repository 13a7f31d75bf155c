using Warren.Wire;
using Xunit;

namespace Warren.Cli.Tests;

/// <summary>The commands that move leaders of queues between nodes, on two nodes that are one cluster.</summary>
public sealed class LeaderCommandTests
{
    [Fact]
    public async Task LeadersAreSpreadOverTheNodes()
    {
        await using ControlledPair pair = await ControlledPair.StartAsync(57);
        foreach (string queue in (string[])["a.1", "a.2", "a.3", "a.4", "b.1"])
            pair.RunOnOne("warren", "queue", "declare", queue, "--type", "quorum");
        pair.RunOnOne("warren", "publish", "-k", "a.1", "-c", "3", "m");
        pair.RunOnOne("warren", "queue", "declare", "classic");
        await Eventually.True(() => Leaders(pair, pair.NameOfOne) == 5);
        Assert.Equal($"{pair.NameOfOne}\t1\t0\n", Rebalanced(pair, "quorum", "--queue-pattern", "^b"));
        // Asked of either node, and each leader hands over on its own.
        CommandRun run = pair.RunOnOther(
            "rabbitmq-queues", "rebalance", "all", "--queue-pattern", "^a", "--formatter", "table");
        Assert.Equal(
            (ExitCode.Ok,
                "Re-balancing leaders of all queues...\n"
                + "Node name\tNumber of quorum queues\tNumber of replicated classic queues\n"
                + $"{pair.NameOfOne}\t2\t0\n{pair.NameOfOther}\t2\t0\n"),
            (run.Code, run.Output));
        await Eventually.True(() => Leaders(pair, pair.NameOfOther) == 2);
        // Nothing gets more even than this.
        Assert.Equal($"{pair.NameOfOne}\t3\t0\n{pair.NameOfOther}\t2\t0\n", Rebalanced(pair, "quorum"));
        Assert.Equal("a.1\t3\n", pair.RunOnOne("rabbitmqctl", "-s", "list_queues", "name", "messages").Output
            .Split('\n')[0] + "\n");
        CommandRun wrong = pair.RunOnOne("rabbitmq-queues", "rebalance", "streams");
        Assert.Equal(ExitCode.Usage, wrong.Code);
        Assert.StartsWith(
            "Error (argument validation): type streams is not supported. Try one of all, classic, quorum.\n",
            wrong.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task MirroredQueuesAreSpreadToo()
    {
        await using ControlledPair pair = await ControlledPair.StartAsync(59);
        pair.RunOnOne("rabbitmqctl", "set_policy", "ha", "^ha", """{"ha-mode":"all"}""");
        foreach (string queue in (string[])["ha.1", "ha.2"])
            pair.RunOnOne("warren", "queue", "declare", queue);
        pair.RunOnOne("warren", "queue", "declare", "plain");
        await Eventually.True(() => Rebalanced(pair, "classic")
            == $"{pair.NameOfOne}\t0\t1\n{pair.NameOfOther}\t0\t1\n");
        Assert.Equal("", Rebalanced(pair, "quorum").Trim());
    }

    [Fact]
    public async Task AQueueIsLedByTheMemberThatIsNamed()
    {
        await using ControlledPair pair = await ControlledPair.StartAsync(65);
        pair.RunOnOne("warren", "queue", "declare", "q", "--type", "quorum");
        pair.RunOnOne("warren", "publish", "-k", "q", "-c", "3", "m");
        pair.RunOnOne("warren", "queue", "declare", "alone");
        await Eventually.True(() => Leaders(pair, pair.NameOfOne) == 1);
        // From the node that leads, from the other one, and where nothing is left to be done.
        foreach (string node in (string[])[pair.NameOfOther, pair.NameOfOne, pair.NameOfOne])
        {
            CommandRun run = pair.RunOnOne("rabbitmq-queues", "transfer_leadership", "q", node);
            Assert.Equal(
                (ExitCode.Ok, $"Transferring leadership of queue q to node {node}...\n", ""),
                (run.Code, run.Output, run.Error));
            Assert.Equal($"{node}\n", LeaderOf(pair, "q"));
        }
        Assert.Contains(
            "q\t3\n", pair.RunOnOther("rabbitmqctl", "-s", "list_queues", "name", "messages").Output,
            StringComparison.Ordinal);
        pair.RunOnOther("rabbitmq-upgrade", "drain");
        foreach ((string because, string queue, string node) in ((string, string, string)[])
            [
                ("not_found", "nosuch", pair.NameOfOther),
                ($"queue 'alone' in vhost '/' is on {pair.NameOfOne} alone: there is no other member to lead it",
                    "alone", pair.NameOfOther),
                ("queue 'q' in vhost '/' has no member on rabbit@elsewhere, but on "
                    + $"{pair.NameOfOne}, {pair.NameOfOther}", "q", "rabbit@elsewhere"),
                ($"{pair.NameOfOther} is under maintenance: 'rabbitmq-upgrade revive' there first",
                    "q", pair.NameOfOther),
            ])
        {
            CommandRun refused = pair.RunOnOne("rabbitmq-queues", "transfer_leadership", queue, node);
            Assert.NotEqual(ExitCode.Ok, refused.Code);
            Assert.Equal($"Error:\n{because}\n", refused.Error);
        }
        await pair.StopOtherAsync();
        CommandRun down = pair.RunOnOne("rabbitmq-queues", "transfer_leadership", "q", pair.NameOfOther);
        Assert.Equal("Error:\nnode_not_running\n", down.Error);
    }

    [Fact]
    public async Task ANodeUnderMaintenanceLeadsNothingUntilItIsRevived()
    {
        await using ControlledPair pair = await ControlledPair.StartAsync(61);
        foreach (string queue in (string[])["q.1", "q.2"])
            pair.RunOnOther("warren", "queue", "declare", queue, "--type", "quorum");
        pair.RunOnOther("warren", "publish", "-k", "q.1", "-c", "3", "m");
        await Eventually.True(() => Leaders(pair, pair.NameOfOther) == 2);
        await using WireClient client = await pair.Other.ConnectAsync();
        await client.LoginAsync();

        CommandRun drain = pair.RunOnOther("rabbitmq-upgrade", "drain");
        Assert.Equal(
            (ExitCode.Ok,
                $"Will put node {pair.NameOfOther} into maintenance mode. "
                + "The node will no longer serve any client traffic!\n"),
            (drain.Code, drain.Output));
        // Of two members both are a majority.
        Assert.Equal(
            string.Concat(new[] { "q.1", "q.2" }.Select(queue =>
                $"Warning: queue '{queue}' in vhost '/' would have no majority of its members if node "
                + $"{pair.NameOfOther} is stopped\n")),
            drain.Error);
        await Eventually.True(() => Leaders(pair, pair.NameOfOne) == 2);
        Assert.NotNull(await client.ExpectAsync(Amqp.MethodId.ConnectionClose));
        Assert.Contains(
            $"Node: {pair.NameOfOther}, status: under maintenance",
            pair.RunOnOne("rabbitmqctl", "cluster_status").Output, StringComparison.Ordinal);
        Assert.EndsWith(
            "\tm\n", pair.RunOnOne("warren", "-s", "get", "q.1", "--ack").Output, StringComparison.Ordinal);
        // Nothing is given to it.
        Assert.Equal($"{pair.NameOfOne}\t2\t0\n", Rebalanced(pair, "all"));

        CommandRun revive = pair.RunOnOther("rabbitmq-upgrade", "revive");
        Assert.Equal(
            (ExitCode.Ok,
                $"Will put node {pair.NameOfOther} back into regular operating mode. "
                + "The node will again serve client traffic and host primary queue replicas.\n"),
            (revive.Code, revive.Output));
        Assert.Equal($"{pair.NameOfOne}\t1\t0\n{pair.NameOfOther}\t1\t0\n", Rebalanced(pair, "all"));
        CommandRun upgraded = pair.RunOnOne("rabbitmq-upgrade", "post_upgrade");
        Assert.Equal(
            (ExitCode.Ok,
                "Executing post upgrade tasks...\nRebalancing queue masters...\n" + string.Concat(
                    new[] { pair.NameOfOne, pair.NameOfOther }.Select(node =>
                        $"[{{\"Node name\", :\"{node}\"}}, {{\"Number of quorum queues\", 1}}, "
                        + "{\"Number of replicated classic queues\", 0}]\n"))),
            (upgraded.Code, upgraded.Output));
    }

    [Fact]
    public async Task AStopIsAwaitedThatTakesNothingAway()
    {
        await using ControlledPair pair = await ControlledPair.StartAsync(63);
        pair.RunOnOne("warren", "queue", "declare", "q", "--type", "quorum");
        pair.RunOnOne("rabbitmqctl", "set_policy", "ha", "^ha", """{"ha-mode":"all"}""");
        pair.RunOnOne("warren", "queue", "declare", "ha");
        foreach ((string command, string queue, string banner, string failure) in ((string, string, string, string)[])
            [
                ("await_online_quorum_plus_one", "q", "a quorum + 1 of nodes to be online for all quorum queues",
                    "no quorum + 1 online replicas came online for at least some quorum queues"),
                ("await_online_synchronized_mirror", "ha",
                    "a synchronised mirror be online for all classic mirrored queues",
                    "no synchronised mirror came online for at least some classic mirrored queues"),
            ])
        {
            CommandRun late = pair.RunOnOne("rabbitmq-upgrade", command, "-t", "1");
            Assert.Equal(
                (ExitCode.Unavailable, $"Will wait for {banner} for 1 seconds...\n",
                    $"Error:\ntime is up, {failure}\n"),
                (late.Code, late.Output, late.Error));
            Task<CommandRun> waiting = Task.Run(() => pair.RunOnOne("rabbitmq-upgrade", command, "-t", "60"));
            pair.RunOnOther("rabbitmqctl", "delete_queue", queue);
            CommandRun run = await waiting;
            Assert.Equal((ExitCode.Ok, $"Will wait for {banner} for 60 seconds...\n"), (run.Code, run.Output));
        }
    }

    private static string Rebalanced(ControlledPair pair, params string[] line)
    {
        CommandRun run = pair.RunOnOne(
            ["rabbitmq-queues", "-s", "rebalance", .. line, "--formatter", "table"]);
        Assert.Equal((ExitCode.Ok, ""), (run.Code, run.Error));
        return run.Output;
    }

    private static string LeaderOf(ControlledPair pair, string queue) => string.Concat(
        pair.RunOnOne("rabbitmqctl", "-s", "list_queues", "name", "leader").Output.Split('\n')
            .Where(line => line.StartsWith(queue + "\t", StringComparison.Ordinal))
            .Select(line => line.Split('\t')[1] + "\n"));

    private static int Leaders(ControlledPair pair, string node) =>
        pair.RunOnOne("rabbitmqctl", "-s", "list_queues", "leader").Output
            .Split('\n').Count(leader => leader == node);
}
