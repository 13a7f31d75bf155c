using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Warren.Amqp;
using Warren.Wire;
using Xunit;

namespace Warren.Cli.Tests;

/// <summary>The broker stops and starts within its process, which goes on answering commands.</summary>
public sealed class NodeLifeTests
{
    [Fact]
    public async Task WhatIsDurableOutlivesStopAppAndStartApp()
    {
        await using ControlledNode node = await ControlledNode.StartAsync();
        Assert.Equal(ExitCode.Ok, node.Run("warren", "queue", "declare", "kept").Code);
        Assert.Equal(ExitCode.Ok, node.Run("warren", "queue", "declare", "lost", "--no-durable").Code);
        Assert.Equal(ExitCode.Ok, node.Run("warren", "publish", "-k", "kept", "--count", "100", "m").Code);
        WireClient client = await node.ConnectAsync();
        await client.LoginAsync();

        CommandRun stopped = node.Run("rabbitmqctl", "stop_app");
        Assert.Equal((ExitCode.Ok, "Stopping rabbit application on node rabbit@localhost ...\n"), (stopped.Code,
            stopped.Output));
        Received close = await client.ExpectAsync(MethodId.ConnectionClose);
        Assert.NotNull(close);
        await client.DisposeAsync();
        Assert.Equal(ExitCode.Ok, node.Run("rabbitmqctl", "ping").Code);
        CommandRun refused = node.Run("rabbitmqctl", "list_queues");
        Assert.Equal((ExitCode.Usage, ""), (refused.Code, refused.Output));
        Assert.StartsWith(
            "Error: this command requires the 'rabbit' app to be running on the target node.", refused.Error,
            StringComparison.Ordinal);
        Assert.Equal(ExitCode.Unavailable, node.Run("rabbitmq-diagnostics", "check_running").Code);

        Assert.Equal(ExitCode.Ok, node.Run("rabbitmqctl", "start_app").Code);
        Assert.Equal("kept\t100\n", node.Run("rabbitmqctl", "-s", "list_queues").Output);
        await using WireClient again = await node.ConnectAsync();
        await again.LoginAsync();
    }

    /// <summary>Nothing that is asked of it waits with it.</summary>
    [Fact]
    public async Task ANodeThatWaitsForOthersSaysSoToCommandsAndIsFreedByThem()
    {
        await using ControlledNode node = await ControlledNode.StartAsync(
            """
            cluster_formation.peer_discovery_backend = classic_config
            cluster_formation.classic_config.nodes.1 = rabbit@localhost
            cluster_formation.classic_config.nodes.2 = other@localhost
            """,
            startsApp: false);
        Task starting = node.Host.StartAppAsync();
        await Eventually.True(() => node.Host.Cluster?.Waiting?.Contains(
            "a majority of the 2 nodes", StringComparison.Ordinal) == true);
        foreach (string[] command in (string[][])
            [["reset"], ["force_reset"], ["start_app"], ["join_cluster", "other@localhost"]])
        {
            CommandRun refused = node.Run(["rabbitmqctl", .. command]);
            Assert.NotEqual(ExitCode.Ok, refused.Code);
            Assert.Contains("rabbit@localhost is starting: waiting for a majority of ", refused.Error);
            Assert.Contains("'rabbitmqctl stop_app' first", refused.Error);
        }
        Assert.Equal(ExitCode.Ok, node.Run("rabbitmqctl", "stop_app").Code);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => starting);
        Assert.Equal(ExitCode.Ok, node.Run("rabbitmqctl", "reset").Code);
        // Who starts it waits no longer than he said; the start goes on.
        Assert.NotEqual(ExitCode.Ok, node.Run("rabbitmqctl", "start_app", "-t", "1").Code);
        Assert.True(node.Host.IsStarting);
        Assert.Equal(ExitCode.Ok, node.Run("rabbitmqctl", "stop_app").Code);
        Assert.False(node.Host.IsStarting);
    }

    [Fact]
    public async Task StoppingAndStartingTwiceIsHarmless()
    {
        await using ControlledNode node = await ControlledNode.StartAsync();
        Assert.Equal(ExitCode.Ok, node.Run("rabbitmqctl", "start_app").Code);
        Assert.Equal(ExitCode.Ok, node.Run("rabbitmqctl", "stop_app").Code);
        Assert.Equal(ExitCode.Ok, node.Run("rabbitmqctl", "stop_app").Code);
        Assert.Equal(ExitCode.Ok, node.Run("rabbitmqctl", "start_app").Code);
        Assert.Equal(ExitCode.Ok, node.Run("rabbitmqctl", "await_startup").Code);
    }

    [Fact]
    public async Task AStartThatFailsIsToldAndCanBeTriedAgain()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        string port = ((IPEndPoint)taken.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);
        await using ControlledNode node =
            await ControlledNode.StartAsync($"listeners.tcp.1 = 127.0.0.1:{port}\n", startsApp: false);
        CommandRun failed = node.Run("rabbitmqctl", "start_app");
        Assert.Equal(ExitCode.Unavailable, failed.Code);
        Assert.Contains($"cannot listen on port {port}", failed.Error, StringComparison.Ordinal);
        taken.Stop();
        Assert.Equal(ExitCode.Ok, node.Run("rabbitmqctl", "start_app").Code);
        Assert.Equal(ExitCode.Ok, node.Run("rabbitmq-diagnostics", "check_port_listener", port).Code);
    }

    [Fact]
    public async Task ClusterCommandsWantAStoppedBrokerAndSayWhyNot()
    {
        await using ControlledNode node = await ControlledNode.StartAsync();
        Assert.Equal(ExitCode.Usage, node.Run("rabbitmqctl", "join_cluster", "a@b").Code);
        node.Run("rabbitmqctl", "stop_app");
        CommandRun run = node.Run("rabbitmqctl", "join_cluster", "a@127.0.0.250");
        Assert.Equal(
            (ExitCode.Unavailable, "Clustering node rabbit@localhost with a@127.0.0.250\n"), (run.Code, run.Output));
        Assert.StartsWith(
            "Error:\na@127.0.0.250 does not let rabbit@localhost in: 127.0.0.250:25672", run.Error,
            StringComparison.Ordinal);
        run = node.Run("rabbitmqctl", "force_boot");
        Assert.Equal(
            (ExitCode.Ok, "Forcing boot for Mnesia dir of node rabbit@localhost ...\n"
                + "rabbit@localhost has no other members to wait for: its next start is as any other\n"),
            (run.Code, run.Output));
        Assert.Equal(ExitCode.Ok, node.Run("rabbitmqctl", "start_app").Code);
        Assert.Equal(ExitCode.Usage, node.Run("rabbitmqctl", "force_boot").Code);
        node.Run("rabbitmqctl", "stop_app");
        Assert.Equal(ExitCode.Usage, node.Run("rabbitmqctl", "join_cluster", "--ram", "a@b").Code);
    }

    [Fact]
    public async Task SuspendedListenersTakeNobodyUntilTheyAreResumed()
    {
        await using ControlledNode node = await ControlledNode.StartAsync();
        var place = node.Host.Node!.Listeners[0].LocalEndPoint;
        Assert.Equal(ExitCode.Ok, node.Run("rabbitmqctl", "suspend_listeners").Code);
        using var refused = new Socket(place.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        await Assert.ThrowsAsync<SocketException>(async () => await refused.ConnectAsync(place));
        Assert.Equal(ExitCode.Ok, node.Run("rabbitmqctl", "resume_listeners").Code);
        Assert.Equal(place, node.Host.Node!.Listeners[0].LocalEndPoint);
        await using WireClient client = await node.ConnectAsync();
        await client.LoginAsync();
    }

    [Fact]
    public async Task DrainSendsClientsAwayAndReviveTakesThemBack()
    {
        await using ControlledNode node = await ControlledNode.StartAsync();
        WireClient client = await node.ConnectAsync();
        await client.LoginAsync();
        Assert.Equal(ExitCode.Ok, node.Run("rabbitmq-upgrade", "drain").Code);
        await client.ExpectAsync(MethodId.ConnectionClose);
        await client.DisposeAsync();
        Assert.Contains(
            "Node: rabbit@localhost, status: under maintenance",
            node.Run("rabbitmqctl", "cluster_status").Output, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Ok, node.Run("rabbitmq-upgrade", "revive").Code);
        await using WireClient again = await node.ConnectAsync();
        await again.LoginAsync();
    }

    [Fact]
    public async Task StopIsAnsweredBeforeTheProcessIsAskedToEnd()
    {
        await using ControlledNode node = await ControlledNode.StartAsync();
        Assert.Equal(ExitCode.Ok, node.Run("rabbitmqctl", "stop").Code);
        await node.Host.Stopping.WaitAsync(Eventually.Patience);
    }

    [Fact]
    public async Task WaitEndsWhenTheBrokerRunsAndFailsWhenTheProcessIsGone()
    {
        await using ControlledNode node = await ControlledNode.StartAsync();
        string file = Path.Combine(node.DataBase, "own.pid");
        File.WriteAllText(file, $"{Environment.ProcessId}\n");
        Assert.Equal(ExitCode.Ok, node.Run("rabbitmqctl", "wait", file).Code);
        File.WriteAllText(file, $"{int.MaxValue}\n");
        Assert.Equal(ExitCode.Unavailable, node.Run("rabbitmqctl", "wait", file).Code);
        Assert.Equal(
            ExitCode.TemporaryFailure, node.Run("rabbitmqctl", "wait", file + ".none", "-t", "0").Code);
    }

    [Fact]
    public async Task HealthFailsWhileAnAlarmIsOn()
    {
        await using ControlledNode node = await ControlledNode.StartAsync();
        Assert.Equal(ExitCode.Ok, node.Run("rabbitmqctl", "node_health_check").Code);
        Assert.Equal(
            ExitCode.Ok, node.Run("rabbitmqctl", "set_vm_memory_high_watermark", "absolute", "1").Code);
        await Eventually.True(() => node.Broker.Alarms.IsMemoryOn);
        CommandRun run = node.Run("rabbitmqctl", "node_health_check");
        Assert.Equal(ExitCode.Unavailable, run.Code);
        Assert.Contains("low on memory", run.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Unavailable, node.Run("rabbitmq-diagnostics", "check_alarms").Code);
        Assert.Contains(
            "Memory alarm on node rabbit@localhost", node.Run("rabbitmqctl", "status").Output,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task PluginsAreRememberedInTheirFile()
    {
        await using ControlledNode node = await ControlledNode.StartAsync();
        Assert.Equal(
            ExitCode.Ok, node.Run("rabbitmq-plugins", "enable", "rabbitmq_management", "rabbitmq_prometheus").Code);
        Assert.Equal(
            "[rabbitmq_management,rabbitmq_prometheus].\n",
            File.ReadAllText(node.Host.Options.Places.EnabledPluginsFile));
        Assert.Equal(ExitCode.Ok, node.Run("rabbitmq-plugins", "is_enabled", "rabbitmq_management_agent").Code);
        Assert.Equal(ExitCode.Ok, node.Run("rabbitmq-plugins", "disable", "rabbitmq_management").Code);
        Assert.Equal(ExitCode.Unavailable, node.Run("rabbitmq-plugins", "is_enabled", "rabbitmq_management").Code);
        Assert.Equal(ExitCode.Software, node.Run("rabbitmq-plugins", "enable", "bogus_plugin").Code);
        Assert.Equal(
            "[rabbitmq_prometheus].\n", File.ReadAllText(node.Host.Options.Places.EnabledPluginsFile));
    }

    [Fact]
    public async Task DefinitionsGoOutAndIn()
    {
        await using ControlledNode node = await ControlledNode.StartAsync();
        node.Run("rabbitmqctl", "add_user", "someone", "secret");
        node.Run("warren", "queue", "declare", "q");
        string file = Path.Combine(node.DataBase, "definitions.json");
        Assert.Equal(ExitCode.Ok, node.Run("rabbitmqctl", "export_definitions", file).Code);
        // There are password hashes in it.
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        await using ControlledNode other = await ControlledNode.StartAsync();
        Assert.Equal(ExitCode.Ok, other.Run("rabbitmqctl", "import_definitions", file).Code);
        Assert.Equal("q\n", other.Run("rabbitmqctl", "-s", "list_queues", "name").Output);
        Assert.Equal(ExitCode.Ok, other.Run("rabbitmqctl", "authenticate_user", "someone", "secret").Code);

        other.Run("rabbitmqctl", "delete_queue", "q");
        CommandRun same = other.Run("rabbitmqctl", "import_definitions", "--skip-if-unchanged", file);
        Assert.EndsWith("nothing was changed.\n", same.Output, StringComparison.Ordinal);
        Assert.Equal("", other.Run("rabbitmqctl", "-s", "list_queues", "name").Output);
        Assert.Equal(ExitCode.Ok, other.Run("rabbitmqctl", "import_definitions", file).Code);
        Assert.Equal("q\n", other.Run("rabbitmqctl", "-s", "list_queues", "name").Output);
    }
}
