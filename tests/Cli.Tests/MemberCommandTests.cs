using System.Text.Json;
using Warren.Wire;
using Xunit;

namespace Warren.Cli.Tests;

/// <summary>The commands about members of quorum queues, on two nodes that are one cluster.</summary>
public sealed class MemberCommandTests
{
    [Fact]
    public async Task EachMemberIsShownAsItsNodeKnowsIt()
    {
        await using ControlledPair pair = await ControlledPair.StartAsync(51);
        Declare(pair, "q");
        pair.RunOnOne("warren", "publish", "-k", "q", "-c", "3", "m");
        await Eventually.True(() => Status(pair, "q").Select(row => row.GetProperty("Commit Index").GetInt64())
            .Distinct().Count() == 1);
        CommandRun run = pair.RunOnOne("rabbitmq-queues", "quorum_status", "q", "--formatter", "table");
        Assert.StartsWith(
            $"Status of quorum queue q on node {pair.NameOfOne} ...\n"
            + "Node Name\tRaft State\tMembership\tLast Log Index\tLast Written\tLast Applied\tCommit Index\t"
            + "Snapshot Index\tTerm\tMachine Version\n",
            run.Output, StringComparison.Ordinal);
        JsonElement[] rows = Status(pair, "q");
        Assert.Equal([pair.NameOfOne, pair.NameOfOther], rows.Select(row => Text(row, "Node Name")));
        Assert.Equal(["follower", "leader"], rows.Select(row => Text(row, "Raft State")).Order());
        foreach (JsonElement row in rows)
        {
            Assert.Equal(("voter", "undefined"), (Text(row, "Membership"), Text(row, "Snapshot Index")));
            long last = row.GetProperty("Last Log Index").GetInt64();
            Assert.True(last >= 3);
            foreach (string index in (string[])["Last Written", "Last Applied", "Commit Index"])
                Assert.Equal(last, row.GetProperty(index).GetInt64());
            Assert.True(row.GetProperty("Term").GetInt64() >= 1);
        }
        // The other's own word, not this node's of it.
        Assert.Equal(
            Status(pair, "q").Select(row => row.GetRawText()),
            RowsOf(pair.RunOnOther("rabbitmq-queues", "-q", "quorum_status", "q", "--formatter", "json"))
                .Select(row => row.GetRawText()));

        await pair.StopOtherAsync();
        rows = Status(pair, "q");
        Assert.Equal(["nodedown", pair.NameOfOther],
            rows[1].GetProperty("Raft State").EnumerateArray().Select(part => part.GetString()));
        Assert.Equal("", Text(rows[1], "Last Log Index"));
        Assert.NotEqual("", Text(rows[0], "Raft State"));
    }

    [Fact]
    public async Task WhatIsNoQuorumQueueHasNoQuorum()
    {
        await using ControlledNode node = await ControlledNode.StartAsync();
        node.Run("warren", "queue", "declare", "classic");
        node.Run("warren", "queue", "declare", "alone", "--type", "quorum");
        Refuses("Cannot get quorum status of a classic queue", "quorum_status", "classic");
        Refuses("not_found", "quorum_status", "nosuch");
        Refuses("Cannot add members to a classic queue", "add_member", "classic", "rabbit@localhost");
        Refuses("Cannot delete members from a classic queue", "delete_member", "classic", "rabbit@localhost");
        Refuses("not_found", "add_member", "nosuch", "rabbit@localhost");
        Refuses("not_found", "delete_member", "nosuch", "rabbit@localhost");
        Refuses("This operation is not applicable to classic queues", "reclaim_quorum_memory", "classic");
        Refuses("Target queue was not found in virtual host '/'", "reclaim_quorum_memory", "nosuch");
        Assert.Equal(ExitCode.Ok, node.Run("rabbitmq-queues", "add_member", "alone", "rabbit@localhost").Code);
        Assert.Equal(ExitCode.Ok, node.Run("rabbitmq-queues", "delete_member", "alone", "rabbit@elsewhere").Code);
        Assert.Equal(
            "vhost\tname\tsize\tresult\n/\talone\t1\terror: the last node cannot be removed\n",
            node.Run("rabbitmq-queues", "-q", "shrink", "rabbit@localhost", "--errors-only").Output);
        foreach ((string wrong, string[] line) in ((string, string[])[])
            [
                ("strategy 'odd' is not recognised.", ["grow", "rabbit@localhost", "odd"]),
                ("voter status 'king' is not recognised.", ["grow", "n", "all", "--membership", "king"]),
                ("voter status 'king' is not recognised.", ["add_member", "q", "n", "--membership", "king"]),
                ("a member votes as soon as", ["add_member", "q", "n", "--membership", "non_voter"]),
            ])
        {
            CommandRun run = node.Run(["rabbitmq-queues", .. line]);
            Assert.Equal(ExitCode.Usage, run.Code);
            Assert.StartsWith($"Error (argument validation): {wrong}", run.Error, StringComparison.Ordinal);
        }
        Refuses("'(' is not a regular expression", "grow", "rabbit@localhost", "all", "--queue-pattern", "(");

        void Refuses(string why, params string[] line)
        {
            CommandRun run = node.Run(["rabbitmq-queues", .. line]);
            Assert.Equal(ExitCode.Unavailable, run.Code);
            Assert.StartsWith($"Error:\n{why}", run.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task AMessageIsPeekedAtAndStays()
    {
        await using ControlledPair pair = await ControlledPair.StartAsync(65);
        Declare(pair, "q");
        foreach (string body in (string[])["first", "second", new string('x', 65)])
            pair.RunOnOne("warren", "publish", "-k", "q", body);
        foreach ((string position, string payload) in ((string, string)[])
            [("2", "second"), ("3", new string('x', 64)), ("2", "second")])
        {
            CommandRun run = pair.RunOnOther("rabbitmq-queues", "-s", "peek", "q", position, "--formatter", "table");
            Assert.Equal(
                (ExitCode.Ok,
                    $"delivery_mode\t2\nrouting_keys\tq\nexchange\t\npayload (max 64 bytes)\t{payload}\n"
                    + "header.x-delivery-count\t0\n"),
                (run.Code, run.Output));
        }
        // Looking costs nothing of it.
        Assert.Equal("q\t3\t0\n", pair.RunOnOne(
            "rabbitmqctl", "-s", "list_queues", "name", "messages_ready", "messages_unacknowledged").Output);
        pair.RunOnOne("warren", "queue", "declare", "classic");
        foreach ((string queue, string position, string why) in ((string, string, string)[])
            [
                ("q", "4", "no_message_at_pos"), ("q", "0", "no_message_at_pos"), ("q", "-1", "no_message_at_pos"),
                ("q", "1001", "a queue is read from its head"), ("classic", "1", "Cannot peek into a classic queue"),
                ("nosuch", "1", "not_found"),
            ])
        {
            CommandRun run = pair.RunOnOne("rabbitmq-queues", "peek", queue, position);
            Assert.Equal(ExitCode.Unavailable, run.Code);
            Assert.StartsWith($"Error:\n{why}", run.Error, StringComparison.Ordinal);
        }
        Assert.Equal(ExitCode.Usage, pair.RunOnOne("rabbitmq-queues", "peek", "q", "one").Code);
    }

    [Fact]
    public async Task MembersGoAndCome()
    {
        await using ControlledPair pair = await ControlledPair.StartAsync(53);
        Declare(pair, "q");
        string other = pair.NameOfOther;
        CommandRun run = pair.RunOnOne("rabbitmq-queues", "delete_member", "q", other);
        Assert.Equal((ExitCode.Ok, $"Removing a replica of queue q on node {other}...\n"), (run.Code, run.Output));
        Assert.Equal($"q\t[{pair.NameOfOne}]\n", Members(pair));
        Assert.Single(Status(pair, "q"));
        // What is so already is no mistake.
        Assert.Equal(ExitCode.Ok, pair.RunOnOne("rabbitmq-queues", "delete_member", "q", other).Code);
        run = pair.RunOnOne("rabbitmq-queues", "delete_member", "q", pair.NameOfOne);
        Assert.Equal((ExitCode.Unavailable, "Error:\nlast_node\n"), (run.Code, run.Error));

        run = pair.RunOnOther("rabbitmq-queues", "add_member", "q", other, "--membership", "voter");
        Assert.Equal((ExitCode.Ok, $"Adding a replica for queue q on node {other}...\n"), (run.Code, run.Output));
        Assert.Equal($"q\t[{pair.NameOfOne}, {other}]\n", Members(pair));
        Assert.Equal(["voter", "voter"], Status(pair, "q").Select(row => Text(row, "Membership")));
        Assert.Equal(ExitCode.Ok, pair.RunOnOther("rabbitmq-queues", "add_member", "q", other).Code);
        run = pair.RunOnOther(
            "rabbitmq-queues", "check_if_new_quorum_queue_replicas_have_finished_initial_sync");
        Assert.Equal(
            (ExitCode.Ok,
                $"Checking if node {other} runs promotable replicas of any queues ...\n"
                + $"Node {other} reported no queues with promotable replicas\n"),
            (run.Code, run.Output));
        // Who leads can go too: it hands over first.
        Assert.Equal(ExitCode.Ok, pair.RunOnOne("rabbitmq-queues", "delete_member", "q", pair.NameOfOne).Code);
        Assert.Equal($"q\t[{other}]\n", Members(pair));

        await pair.StopOtherAsync();
        run = pair.RunOnOne("rabbitmq-queues", "add_member", "q", other);
        Assert.Equal((ExitCode.Unavailable, "Error:\nnode_not_running\n"), (run.Code, run.Error));
    }

    [Fact]
    public async Task ManyQueuesGrowAndShrink()
    {
        await using ControlledPair pair = await ControlledPair.StartAsync(55);
        string other = pair.NameOfOther;
        foreach (string queue in (string[])["a.1", "a.2", "b.1"])
            Declare(pair, queue);
        pair.RunOnOne("warren", "queue", "declare", "classic");
        CommandRun run = pair.RunOnOne("rabbitmq-queues", "-q", "shrink", other);
        Assert.Equal(
            (ExitCode.Ok, "vhost\tname\tsize\tresult\n/\ta.1\t1\tok\n/\ta.2\t1\tok\n/\tb.1\t1\tok\n"),
            (run.Code, run.Output));
        Assert.Equal("\n", pair.RunOnOne("rabbitmq-queues", "-q", "shrink", other).Output);
        // One member is an odd number of them.
        Assert.Equal("\n", pair.RunOnOne("rabbitmq-queues", "-q", "grow", other, "even").Output);
        Assert.Equal(
            "\n", pair.RunOnOne("rabbitmq-queues", "-q", "grow", other, "all", "--vhost-pattern", "^v$").Output);
        run = pair.RunOnOne("rabbitmq-queues", "-s", "grow", other, "all", "--queue-pattern", "^a");
        Assert.Equal((ExitCode.Ok, "/\ta.1\t2\tok\n/\ta.2\t2\tok\n"), (run.Code, run.Output));
        Assert.Equal(
            "\n", pair.RunOnOne("rabbitmq-queues", "-q", "grow", other, "all", "--errors-only").Output);
        string both = $"[{pair.NameOfOne}, {other}]";
        Assert.Equal(
            $"a.1\t{both}\na.2\t{both}\nb.1\t{both}\nclassic\t\n", Members(pair));
    }

    private static void Declare(ControlledPair pair, string queue)
    {
        CommandRun run = pair.RunOnOne("warren", "queue", "declare", queue, "--type", "quorum");
        Assert.True(run.Code == ExitCode.Ok, run.Error);
    }

    private static string Members(ControlledPair pair) =>
        pair.RunOnOne("rabbitmqctl", "-s", "list_queues", "name", "members").Output;

    private static JsonElement[] Status(ControlledPair pair, string queue) =>
        RowsOf(pair.RunOnOne("rabbitmq-queues", "-q", "quorum_status", queue, "--formatter", "json"));

    private static JsonElement[] RowsOf(CommandRun run)
    {
        Assert.Equal((ExitCode.Ok, ""), (run.Code, run.Error));
        using JsonDocument document = JsonDocument.Parse(run.Output);
        return [.. document.RootElement.Clone().EnumerateArray()];
    }

    private static string Text(JsonElement row, string column) => row.GetProperty(column).GetString()!;
}
