using Xunit;

namespace Warren.Cli.Tests;

/// <summary>
/// Every command that the operations guide runs against a broker, as far as one node has it, written as in the guide.
/// </summary>
public sealed class GuideTests
{
    [Fact]
    public async Task TheGuidesCommandsSucceed()
    {
        await using ControlledNode node = await ControlledNode.StartAsync();
        string pid = Path.Combine(node.DataBase, "rabbit@rabbit-node1.pid");
        File.WriteAllText(pid, $"{Environment.ProcessId}\n");
        string backup = Path.Combine(node.DataBase, "definitions_20261126.json");
        string[][] commands =
        [
            ["rabbitmq-plugins", "enable", "rabbitmq_management"],
            ["rabbitmq-plugins", "enable", "rabbitmq_prometheus"],
            ["rabbitmqctl", "set_policy", "ha-all", ".*",
                """{"ha-mode":"exactly","ha-params":3,"ha-sync-mode":"automatic"}""",
                "--priority", "0", "--apply-to", "queues"],
            ["rabbitmqctl", "set_policy", "ha-all", ".*", """{"ha-mode":"all","ha-sync-mode":"automatic"}""",
                "--priority", "0", "--apply-to", "queues"],
            ["rabbitmqctl", "list_policies"],
            ["warren", "queue", "declare", "orders"],
            ["warren", "publish", "-k", "orders", "--count", "100", "test message"],
            ["rabbitmqctl", "sync_queue", "orders"],
            ["rabbitmqctl", "list_queues", "name", "durable", "arguments"],
            ["rabbitmqctl", "list_queues", "name", "policy", "slave_nodes", "synchronised_slave_nodes"],
            ["rabbitmqctl", "list_queues", "name", "type", "leader", "members"],
            ["rabbitmqctl", "list_queues", "name", "messages"],
            ["rabbitmqctl", "list_queues", "name", "messages", "slave_nodes"],
            ["rabbitmqctl", "list_queues", "name", "messages", "synchronised_slave_nodes"],
            ["rabbitmqctl", "list_queues", "name", "messages", "consumers"],
            ["rabbitmqctl", "list_queues", "-q", "name"],
            ["rabbitmqctl", "list_connections"],
            ["rabbitmqctl", "cluster_status"],
            ["rabbitmqctl", "status"],
            ["rabbitmqctl", "node_health_check"],
            ["rabbitmqctl", "wait", pid],
            ["rabbitmqctl", "add_user", "admin", "s3cret/+="],
            ["rabbitmqctl", "set_user_tags", "admin", "administrator"],
            ["rabbitmqctl", "set_permissions", "-p", "/", "admin", ".*", ".*", ".*"],
            ["rabbitmqctl", "set_permissions", "-p", "/", "admin", "", "", ".*"],
            ["rabbitmqctl", "delete_user", "guest"],
            ["rabbitmqctl", "export_definitions", backup],
            ["rabbitmqctl", "rotate_logs"],
            ["rabbitmqctl", "stop_app"],
            ["rabbitmqctl", "start_app"],
        ];
        foreach (string[] command in commands)
        {
            CommandRun run = node.Run(command);
            Assert.True(
                run is { Code: ExitCode.Ok, Error: "" },
                $"{string.Join(' ', command)}: exit {run.Code}\n{run.Output}{run.Error}");
        }
        Assert.Equal("orders\t100\n", node.Run("rabbitmqctl", "-s", "list_queues").Output);
        Assert.Contains("Total memory used: ", node.Run("rabbitmqctl", "status").Output, StringComparison.Ordinal);
        Assert.Equal(
            "[rabbitmq_management,rabbitmq_prometheus].\n",
            File.ReadAllText(node.Host.Options.Places.EnabledPluginsFile));
    }

    [Theory]
    [InlineData(
        "rabbit_amqqueue:declare({resource, <<\"/\">>, queue, <<\"test\">>}, true, false, [], none, <<\"guest\">>).",
        "warren queue declare")]
    [InlineData("rabbit_basic:publish(<<\"\">>, <<\"test\">>, [], <<\"m\">>).", "warren publish")]
    public async Task EvalNamesTheCommandThatDoesIt(string expression, string instead)
    {
        await using ControlledNode node = await ControlledNode.StartAsync(startsApp: false);
        CommandRun run = node.Run("rabbitmqctl", "eval", expression);
        Assert.Equal(ExitCode.Usage, run.Code);
        Assert.Contains(instead, run.Error, StringComparison.Ordinal);
    }
}
