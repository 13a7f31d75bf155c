using Xunit;

namespace Warren.Cli.Tests;

/// <summary>What every command takes, and what is written as a switch and means a command.</summary>
public sealed class SwitchTests
{
    [Fact]
    public async Task ADryRunChecksAndDoesNothing()
    {
        await using ControlledNode node = await ControlledNode.StartAsync();
        CommandRun run = node.Run("rabbitmqctl", "add_vhost", "v1", "--dry-run");
        Assert.Equal((ExitCode.Ok, "Adding vhost \"v1\" ...\n", ""), (run.Code, run.Output, run.Error));
        Assert.Equal("/\n", node.Run("rabbitmqctl", "-s", "list_vhosts").Output);
        Assert.Equal(ExitCode.Usage, node.Run("rabbitmqctl", "--dry-run", "list_vhosts", "bogus").Code);
    }

    [Fact]
    public async Task TheResultCanGoToAFile()
    {
        await using ControlledNode node = await ControlledNode.StartAsync();
        string file = Path.Combine(node.DataBase, "list");
        CommandRun run = node.Run("rabbitmqctl", "list_vhosts", "--printer", "file", "--file", file);
        Assert.Equal((ExitCode.Ok, "Listing vhosts ...\n"), (run.Code, run.Output));
        Assert.Equal("name\n/\n", File.ReadAllText(file));
        foreach (string[] wrong in (string[][])[["--file", file], ["--printer", "file"], ["--printer", "ink"]])
            Assert.Equal(ExitCode.Usage, node.Run(["rabbitmqctl", "list_vhosts", .. wrong]).Code);
    }

    [Theory]
    [InlineData("csv", "\"name\"\n\"/\"\n")]
    [InlineData("json", "[\n{\"name\":\"/\"}\n]\n")]
    [InlineData("table", "Listing vhosts ...\nname\n/\n")]
    public async Task WhatProgramsReadHasNoBanner(string format, string output)
    {
        await using ControlledNode node = await ControlledNode.StartAsync();
        Assert.Equal(output, node.Run("rabbitmqctl", "list_vhosts", "--formatter", format).Output);
    }

    [Fact]
    public async Task TwoSwitchesAreCommands()
    {
        await using ControlledNode node = await ControlledNode.StartAsync(startsApp: false);
        Assert.Equal(node.Run("rabbitmqctl", "version"), node.Run("rabbitmqctl", "--version"));
        Assert.Equal("list_queues\n", node.Run("rabbitmqctl", "--auto-complete", "list_q").Output);
        Assert.Equal("3.13.7\n", node.Run("rabbitmqctl", "version").Output);
        Assert.NotEqual("3.13.7\n", node.Run("warren", "version").Output);
    }

    [Fact]
    public async Task StopWaitsForTheProcessOfAPidFile()
    {
        await using ControlledNode node = await ControlledNode.StartAsync(startsApp: false);
        CommandRun run = node.Run("rabbitmqctl", "stop", Path.Combine(node.DataBase, "nosuch.pid"));
        Assert.Equal(ExitCode.Unavailable, run.Code);
        Assert.Contains("is not there, or holds no process id", run.Error, StringComparison.Ordinal);
        Assert.False(node.Host.Stopping.IsCompleted);
    }
}
