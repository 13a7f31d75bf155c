using Xunit;

namespace Warren.Cli.Tests;

/// <summary><c>rabbitmq-plugins</c>, with a node and without one.</summary>
public sealed class PluginCommandTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("warren-plugins-").FullName;

    private string File => Path.Combine(_directory, "etc", "enabled_plugins");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void ANodeThatDoesNotRunHasItsFileChanged()
    {
        CommandRun run = Run("enable", "rabbitmq_prometheus");
        Assert.Equal(
            """
            Enabling plugins on node rabbit@localhost:
            rabbitmq_prometheus
            The following plugins have been configured:
              rabbitmq_management_agent
              rabbitmq_prometheus
              rabbitmq_web_dispatch
            Applying plugin configuration to rabbit@localhost...
            The following plugins have been enabled:
              rabbitmq_management_agent
              rabbitmq_prometheus
              rabbitmq_web_dispatch

            set 3 plugins.
            Offline change; changes will take effect at broker restart.

            """
            + "Remembered, but without effect: this version of Warren has not got what is behind "
            + "rabbitmq_management_agent, rabbitmq_prometheus, rabbitmq_web_dispatch.\n",
            run.Output);
        Assert.Equal((ExitCode.Ok, ""), (run.Code, run.Error));
        Assert.Equal("[rabbitmq_prometheus].\n", System.IO.File.ReadAllText(File));
        Assert.Equal(
            """
            Listing plugins with pattern "prom" ...
             Configured: E = explicitly enabled; e = implicitly enabled
             | Status: [failed to contact rabbit@localhost - status not shown]
             |/
            [  ] rabbitmq_federation_prometheus 3.13.7
            [E ] rabbitmq_prometheus            3.13.7
            [  ] rabbitmq_shovel_prometheus     3.13.7

            """,
            Run("list", "prom").Output);
        Assert.Equal(
            "rabbitmq_management_agent\nrabbitmq_prometheus\nrabbitmq_web_dispatch\n",
            Run("-q", "list", "-e", "-m").Output);
        Assert.EndsWith(
            "\"status\":\"node_down\"}\n", Run("list", "--formatter", "json").Output, StringComparison.Ordinal);
    }

    [Fact]
    public void OnlineMeansAtTheNodeAndNowhereElse()
    {
        foreach (string[] line in (string[][])
            [["enable", "rabbitmq_top"], ["disable", "--all"], ["set"], ["list"], ["is_enabled", "x"], ["directories"]])
        {
            CommandRun run = Run([.. line, "--online"]);
            Assert.Equal(ExitCode.Unavailable, run.Code);
            Assert.Contains("unable to perform an operation on node", run.Error, StringComparison.Ordinal);
            CommandRun both = Run([.. line, "--online", "--offline"]);
            Assert.Equal(ExitCode.Usage, both.Code);
            Assert.Contains("Cannot set both online and offline", both.Error, StringComparison.Ordinal);
        }
        Assert.False(System.IO.File.Exists(File));
    }

    [Fact]
    public void TheFileAnswersForANodeThatDoesNotRun()
    {
        Run("set", "rabbitmq_management,rabbitmq_random_exchange");
        CommandRun enabled = Run("is_enabled", "--offline", "rabbitmq_management", "rabbitmq_web_dispatch");
        Assert.Equal(
            "Inferring if plugins rabbitmq_management, rabbitmq_web_dispatch are from local environment...\n"
            + "Plugins rabbitmq_management, rabbitmq_web_dispatch are enabled\n",
            enabled.Output);
        CommandRun missing = Run("-q", "is_enabled", "--offline", "rabbitmq_top");
        Assert.Equal(
            (ExitCode.Unavailable,
                "Error:\nPlugin rabbitmq_top is not enabled. Enabled plugins and dependencies: rabbitmq_management, "
                + "rabbitmq_management_agent, rabbitmq_random_exchange, rabbitmq_web_dispatch\n"),
            (missing.Code, missing.Error));
        Assert.Contains(
            $"\nEnabled plugins file: {File}\n", Run("directories", "--offline").Output, StringComparison.Ordinal);
        System.IO.File.WriteAllText(File, "[rabbitmq_top]");
        CommandRun broken = Run("list", "--offline");
        Assert.Equal(ExitCode.Configuration, broken.Code);
        Assert.Contains($"{File}: expected a list that ends with a full stop", broken.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void WhatBringsADisabledOneAlongGoesWithIt()
    {
        Run("set", "rabbitmq_prometheus", "rabbitmq_top", "rabbitmq_random_exchange");
        Assert.Equal(ExitCode.Ok, Run("disable", "rabbitmq_management").Code);
        Assert.Equal("[rabbitmq_prometheus,rabbitmq_random_exchange].\n", System.IO.File.ReadAllText(File));
        Assert.Equal(ExitCode.Ok, Run("disable", "rabbitmq_web_dispatch").Code);
        Assert.Equal("[rabbitmq_random_exchange].\n", System.IO.File.ReadAllText(File));
        CommandRun all = Run("disable", "--all");
        Assert.Equal(
            """
            Disabling ALL plugins on node rabbit@localhost
            All plugins have been disabled.
            Applying plugin configuration to rabbit@localhost...
            The following plugins have been disabled:
              rabbitmq_random_exchange

            nothing to do.
            Offline change; changes will take effect at broker restart.

            """,
            all.Output);
        Assert.EndsWith("Plugin configuration unchanged.\n", Run("disable", "--all").Output, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Usage, Run("disable", "--all", "rabbitmq_top").Code);
        Assert.Equal(ExitCode.Usage, Run("enable").Code);
    }

    [Fact]
    public async Task ABrokerThatIsStoppedTakesThemUpWhenItStarts()
    {
        await using ControlledNode node = await ControlledNode.StartAsync(startsApp: false);
        CommandRun stopped = node.Run("rabbitmq-plugins", "enable", "rabbitmq_random_exchange");
        Assert.EndsWith(
            "set 1 plugins.\nOffline change; changes will take effect at broker restart.\n", stopped.Output,
            StringComparison.Ordinal);
        await node.Host.StartAppAsync();
        Assert.Equal(
            "[E*] rabbitmq_random_exchange 3.13.7\n", node.Run("rabbitmq-plugins", "-q", "list", "-E").Output);
        CommandRun running = node.Run("rabbitmq-plugins", "disable", "rabbitmq_random_exchange");
        Assert.EndsWith("stopped 1 plugins.\n", running.Output, StringComparison.Ordinal);
        Assert.Equal(
            """
            [  ] rabbitmq_random_exchange
                 Version:     	3.13.7
                 Dependencies:	[]
                 Description: 	built in

            """,
            node.Run("rabbitmq-plugins", "-q", "list", "-v", "random").Output);
    }

    private CommandRun Run(params string[] line)
    {
        var variables = new Dictionary<string, string>
        {
            ["RABBITMQ_NODENAME"] = "rabbit@localhost",
            ["RABBITMQ_MNESIA_BASE"] = _directory,
            ["RABBITMQ_CONF_ENV_FILE"] = Path.Combine(_directory, "rabbitmq-env.conf"),
            ["RABBITMQ_ENABLED_PLUGINS_FILE"] = File,
        };
        return CommandRun.Of(
            new CallerEnvironment(variables.GetValueOrDefault, _directory, "localhost"), "",
            ["rabbitmq-plugins", .. line]);
    }
}
