using Warren.Amqp;
using Warren.Wire;
using Xunit;

namespace Warren.Cli.Tests;

/// <summary>Commands of one node about what is on another one: its clients, its queues, itself.</summary>
public sealed class ClusterCommandTests
{
    [Fact]
    public async Task ClientsOfAllNodesAreListedAndClosed()
    {
        await using ControlledPair pair = await ControlledPair.StartAsync(41);
        await using WireClient here = await LoginAsync(pair.One);
        await using WireClient there = await LoginAsync(pair.Other);
        await there.OpenChannelAsync(1);
        string[] connections = Rows(pair.RunOnOne("rabbitmqctl", "-s", "list_connections", "pid", "user"));
        Assert.Equal(2, connections.Length);
        string distant = Assert.Single(
            connections, row => row.StartsWith($"<{pair.NameOfOther}.", StringComparison.Ordinal));
        Assert.EndsWith("\tguest", distant, StringComparison.Ordinal);
        string channel = Assert.Single(
            Rows(pair.RunOnOne("rabbitmqctl", "-s", "list_channels", "connection", "number")));
        string pid = distant.Split('\t')[0];
        Assert.Equal(pid + "\t1", channel);

        Assert.Equal(ExitCode.Ok, pair.RunOnOne("rabbitmqctl", "close_connection", pid, "enough").Code);
        Received close = await there.ExpectAsync(MethodId.ConnectionClose);
        Assert.NotNull(close);
        Assert.Equal(
            ExitCode.Unavailable,
            pair.RunOnOne("rabbitmqctl", "close_connection", "<nobody@nowhere.1.2.0>", "enough").Code);
    }

    [Fact]
    public async Task ConnectionsOfAVhostAreClosedOnAllNodesUpToTheLimit()
    {
        await using ControlledPair pair = await ControlledPair.StartAsync(43);
        await using WireClient here = await LoginAsync(pair.One);
        await using WireClient first = await LoginAsync(pair.Other);
        await using WireClient second = await LoginAsync(pair.Other);
        CommandRun some = pair.RunOnOne(
            "rabbitmqctl", "-q", "close_all_connections", "-p", "/", "--limit", "2", "enough");
        Assert.Equal((ExitCode.Ok, "Closed 2 connections\n"), (some.Code, some.Output));
        Assert.NotNull(await here.ExpectAsync(MethodId.ConnectionClose));
        await Eventually.True(() =>
            Rows(pair.RunOnOne("rabbitmqctl", "-s", "list_connections", "state")).Count(row => row == "running") == 1);
        CommandRun rest = pair.RunOnOne("rabbitmqctl", "-q", "close_all_user_connections", "guest", "enough");
        Assert.Equal(ExitCode.Ok, rest.Code);
        await Eventually.True(() =>
            !Rows(pair.RunOnOne("rabbitmqctl", "-s", "list_connections", "state")).Contains("running"));
    }

    [Fact]
    public async Task AQueueOfAnotherNodeIsUsedAndWhenThatIsDownSoIsTheQueue()
    {
        await using ControlledPair pair = await ControlledPair.StartAsync(45);
        foreach (string type in (string[])["classic", "quorum"])
        {
            Assert.Equal(
                ExitCode.Ok, pair.RunOnOther("warren", "queue", "declare", type, "--type", type).Code);
            Assert.Equal(ExitCode.Ok, pair.RunOnOne("warren", "publish", "-k", type, "-c", "3", "m").Code);
            CommandRun got = pair.RunOnOne("warren", "-s", "get", type, "--ack");
            Assert.EndsWith("\tm\n", got.Output, StringComparison.Ordinal);
        }
        Assert.Equal(ExitCode.Ok, pair.RunOnOne("warren", "queue", "declare", "near").Code);
        Assert.Equal(
            $"/\t[{{{pair.NameOfOne}, running}}, {{{pair.NameOfOther}, running}}]\n",
            pair.RunOnOne("rabbitmqctl", "-s", "list_vhosts", "name", "cluster_state").Output);
        Assert.Equal("classic\t2\nnear\t0\nquorum\t2\n", pair.RunOnOne("rabbitmqctl", "-s", "list_queues").Output);
        Assert.Equal("near\n", pair.RunOnOne("rabbitmqctl", "-s", "list_queues", "--local", "name").Output);

        string both = $"[{pair.NameOfOther}, {pair.NameOfOne}]";
        Assert.Equal(
            $"classic\t\t\t\nnear\t\t\t\nquorum\t{pair.NameOfOther}\t{both}\t{both}\n",
            pair.RunOnOne("rabbitmqctl", "-s", "list_queues", "name", "leader", "members", "online").Output);

        await pair.StopOtherAsync();
        // The node that stops hands over what it leads: for a moment the other one, by itself, takes it that it leads.
        string expected =
            $"classic\tdown\t\t\t\nnear\trunning\t0\t\t\nquorum\tdown\t\t{both}\t[{pair.NameOfOne}]\n";
        string listed = "";
        await Eventually.True(
            () =>
            {
                listed = pair.RunOnOne(
                    "rabbitmqctl", "-s", "list_queues", "name", "state", "messages", "members", "online").Output;
                return listed == expected;
            },
            () => listed);
        Assert.Equal(
            "classic\nquorum\n", pair.RunOnOne("rabbitmqctl", "-s", "list_queues", "--offline", "name").Output);
        Assert.Equal("near\n", pair.RunOnOne("rabbitmqctl", "-s", "list_queues", "--online", "name").Output);
        Assert.Equal(
            $"/\t[{{{pair.NameOfOne}, running}}]\n",
            pair.RunOnOne("rabbitmqctl", "-s", "list_vhosts", "name", "cluster_state").Output);
        IsRefused(
            "classic",
            $"home node '{pair.NameOfOther}' of durable queue 'classic' in vhost '/' is down or inaccessible\n");
        // One of its two members is no majority.
        IsRefused("quorum", $" ({pair.NameOfOther}, {pair.NameOfOne}) is not reachable\n");

        void IsRefused(string queue, string why)
        {
            foreach (string[] line in (string[][])
                [
                    ["warren", "get", queue], ["warren", "publish", "-k", queue, "m"],
                    ["rabbitmqctl", "purge_queue", queue], ["rabbitmqctl", "delete_queue", "--if-empty", queue],
                ])
            {
                CommandRun run = pair.RunOnOne(line);
                Assert.Equal(ExitCode.Unavailable, run.Code);
                Assert.EndsWith(why, run.Error, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public async Task QueuesThatAStopTakesAwayAreNamed()
    {
        await using ControlledPair pair = await ControlledPair.StartAsync(47);
        CommandRun none = pair.RunOnOne("rabbitmq-queues", "-q", "check_if_node_is_quorum_critical");
        Assert.Equal(
            (ExitCode.Ok, $"Node {pair.NameOfOne} reported no quorum queues with minimum quorum\n"),
            (none.Code, none.Output));
        await DelaysAsync(pair.One);
        pair.RunOnOne("warren", "queue", "declare", "one", "--type", "quorum");
        pair.RunOnOne("warren", "queue", "declare", "mirrored");
        pair.RunOnOne("warren", "queue", "declare", "plain");
        pair.RunOnOne("rabbitmqctl", "set_policy", "ha", "^mirrored$", """{"ha-mode":"all"}""");
        CommandRun quorum = pair.RunOnOne("rabbitmq-queues", "check_if_node_is_quorum_critical");
        Assert.Equal(
            (ExitCode.Unavailable,
                $"delayed exchange 'later' in vhost '/' would lose quorum if node {pair.NameOfOne} is stopped\n"
                + $"queue 'one' in vhost '/' would lose quorum if node {pair.NameOfOne} is stopped\n"),
            (quorum.Code, quorum.Error));
        CommandRun mirrors = pair.RunOnOne("rabbitmq-diagnostics", "check_if_node_is_mirror_sync_critical");
        Assert.Equal(ExitCode.Unavailable, mirrors.Code);
        Assert.StartsWith("queue 'mirrored' in vhost '/' would be", mirrors.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("plain", mirrors.Error, StringComparison.Ordinal);
        Assert.Equal(
            ExitCode.Ok, pair.RunOnOther("rabbitmq-diagnostics", "check_if_node_is_mirror_sync_critical").Code);
        CommandRun drain = pair.RunOnOne("rabbitmq-upgrade", "drain");
        Assert.StartsWith(
            "Warning: delayed exchange 'later' in vhost '/' would have no majority of its members if node "
            + $"{pair.NameOfOne} is stopped\n",
            drain.Error, StringComparison.Ordinal);
    }

    private static async Task DelaysAsync(ControlledNode node)
    {
        await using WireClient client = await LoginAsync(node);
        await client.OpenChannelAsync(1);
        await client.CallAsync(
            1,
            new ExchangeDeclare(
                "later", "x-delayed-message", passive: false, durable: true, autoDelete: false, @internal: false,
                noWait: false, new FieldTable { ["x-delayed-type"] = FieldValue.Of("direct") }),
            MethodId.ExchangeDeclareOk);
    }

    private static async Task<WireClient> LoginAsync(ControlledNode node)
    {
        WireClient client = await node.ConnectAsync();
        await client.LoginAsync();
        return client;
    }

    private static string[] Rows(CommandRun run)
    {
        Assert.Equal((ExitCode.Ok, ""), (run.Code, run.Error));
        return run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
