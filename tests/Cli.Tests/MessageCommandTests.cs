using Warren.Amqp;
using Warren.Wire;
using Xunit;

namespace Warren.Cli.Tests;

/// <summary>Declaring, publishing and getting by command, and what else is done to queues.</summary>
public sealed class MessageCommandTests
{
    [Fact]
    public async Task MessagesStayUnlessTheyAreTakenOut()
    {
        await using ControlledNode node = await ControlledNode.StartAsync();
        node.Run("warren", "queue", "declare", "q");
        node.Run("warren", "publish", "-k", "q", "first");
        node.Run("warren", "publish", "-k", "q", "second");
        CommandRun looked = node.Run("warren", "-s", "get", "q", "--count", "5");
        Assert.Equal(
            "\tq\tfalse\t[{\"delivery_mode\",2}]\tfirst\n\tq\tfalse\t[{\"delivery_mode\",2}]\tsecond\n", looked.Output);
        await Eventually.True(() => node.Run("rabbitmqctl", "-s", "list_queues", "messages_ready").Output == "2\n");
        // In their order, and known to have been seen.
        CommandRun taken = node.Run("warren", "-s", "get", "q", "--ack");
        Assert.Equal("\tq\ttrue\t[{\"delivery_mode\",2}]\tfirst\n", taken.Output);
        Assert.Equal("q\t1\n", node.Run("rabbitmqctl", "-s", "list_queues").Output);
    }

    [Fact]
    public async Task APublishThatGoesNowhereFails()
    {
        await using ControlledNode node = await ControlledNode.StartAsync();
        CommandRun run = node.Run("warren", "publish", "-k", "nosuch", "m");
        Assert.Equal(ExitCode.Unavailable, run.Code);
        Assert.Contains("1 had nowhere to go", run.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Unavailable, node.Run("warren", "publish", "-e", "nosuch", "m").Code);
    }

    [Fact]
    public async Task AFullQueueRefuses()
    {
        await using ControlledNode node = await ControlledNode.StartAsync();
        Assert.Equal(
            ExitCode.Ok,
            node.Run(
                "warren", "queue", "declare", "small",
                "--arguments", """{"x-max-length": 2, "x-overflow": "reject-publish"}""").Code);
        CommandRun run = node.Run("warren", "publish", "-k", "small", "--count", "5", "m");
        Assert.Equal(ExitCode.Unavailable, run.Code);
        Assert.Contains("2 messages were confirmed, 0 had nowhere to go, 3 were refused", run.Error,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task DeclaringFollowsAmqpsRules()
    {
        await using ControlledNode node = await ControlledNode.StartAsync();
        Assert.Equal(ExitCode.Ok, node.Run("warren", "queue", "declare", "q", "--type", "quorum").Code);
        Assert.Equal(ExitCode.Ok, node.Run("warren", "queue", "declare", "q", "--type", "quorum").Code);
        CommandRun other = node.Run("warren", "queue", "declare", "q", "--type", "classic");
        Assert.Equal(ExitCode.Unavailable, other.Code);
        Assert.Contains("inequivalent arg 'x-queue-type' for queue 'q' in vhost '/'", other.Error,
            StringComparison.Ordinal);
        Assert.Equal(ExitCode.Unavailable, node.Run("warren", "queue", "declare", "amq.q").Code);
        Assert.Equal(ExitCode.Unavailable, node.Run("warren", "queue", "declare", "-p", "nosuch", "q").Code);
    }

    [Fact]
    public async Task QueuesInUseAreSpared()
    {
        await using ControlledNode node = await ControlledNode.StartAsync();
        await using WireClient client = await node.ConnectAsync();
        await client.LoginAsync();
        await client.OpenChannelAsync(1);
        await client.DeclareAsync(1, "q");
        await client.ConsumeAsync(1, "q", "c");
        Assert.Equal(ExitCode.Usage, node.Run("rabbitmqctl", "delete_queue", "q", "--if-unused").Code);
        CommandRun run = node.Run("rabbitmqctl", "delete_queue", "q", "-e");
        Assert.Equal(ExitCode.Ok, run.Code);
        // Its consumer is told, as of any deletion.
        await client.ExpectAsync(MethodId.BasicCancel);
        Assert.Equal("", node.Run("rabbitmqctl", "-s", "list_queues").Output);
    }

    [Fact]
    public async Task ConnectionsAreClosedByThePidThatIsListed()
    {
        await using ControlledNode node = await ControlledNode.StartAsync();
        WireClient first = await node.ConnectAsync();
        await first.LoginAsync();
        await using WireClient second = await node.ConnectAsync();
        await second.LoginAsync();
        string[] pids = node.Run("rabbitmqctl", "-s", "list_connections", "pid").Output.TrimEnd('\n').Split('\n');
        Assert.Equal(2, pids.Length);
        Assert.Equal(ExitCode.Ok, node.Run("rabbitmqctl", "close_connection", pids[0], "go away").Code);
        await first.ExpectAsync(MethodId.ConnectionClose);
        await first.DisposeAsync();
        await Eventually.True(() => node.Run("rabbitmqctl", "-s", "list_connections", "pid").Output == pids[1] + "\n");
    }

    [Fact]
    public async Task AListOfManyQueuesComesWhole()
    {
        await using ControlledNode node = await ControlledNode.StartAsync();
        await using WireClient client = await node.ConnectAsync();
        await client.LoginAsync();
        await client.OpenChannelAsync(1);
        for (int i = 0; i < 5000; i++)
            client.Add(1, new QueueDeclare($"queue-{i:0000}", false, false, false, false, true, FieldTable.Empty));
        await client.FlushAsync();
        await client.DeclareAsync(1, "queue-last");
        string[] lines = node.Run("rabbitmqctl", "-q", "list_queues", "name", "arguments", "state", "pid")
            .Output.TrimEnd('\n').Split('\n');
        Assert.Equal(5002, lines.Length);
        Assert.Equal(5001, lines.Skip(1).Select(line => line.Split('\t')[3]).Distinct().Count());
    }
}
