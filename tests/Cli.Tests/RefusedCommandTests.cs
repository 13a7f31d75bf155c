using Xunit;

namespace Warren.Cli.Tests;

/// <summary>Every command of RabbitMQ 3.13 is there, or says why it is not and what does the job.</summary>
public sealed class RefusedCommandTests
{
    [Fact]
    public async Task NoCommandOfRabbitMqIsUnknown()
    {
        await using ControlledNode node = await ControlledNode.StartAsync(startsApp: false);
        var unknown = new List<string>();
        foreach (string line in File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Golden", "commands-3.13.txt")))
        {
            if (line.StartsWith('#'))
                continue;
            string[] words = line.Split(' ');
            if (node.Run(words[0], "help", words[1]).Code != ExitCode.Ok)
                unknown.Add(line);
        }
        Assert.Empty(unknown);
    }

    [Theory]
    [InlineData("rabbitmqctl", "trace_on", "warren get")]
    [InlineData("rabbitmqctl", "encode", "mode 600")]
    [InlineData("rabbitmq-diagnostics", "observer", "rabbitmqctl status")]
    [InlineData("rabbitmq-diagnostics", "cipher_suites", "openssl ciphers -v")]
    [InlineData("rabbitmq-queues", "stream_status", "stream queues")]
    public async Task WhatIsNotThereSaysSoWhateverItIsGiven(string tool, string command, string instead)
    {
        await using ControlledNode node = await ControlledNode.StartAsync(startsApp: false);
        CommandRun run = node.Run(tool, command, "-p", "v", "a", "b", "c", "--no-such-switch");
        Assert.Equal((ExitCode.Unavailable, ""), (run.Code, run.Output));
        Assert.StartsWith($"Error:\n'{command}' is not in Warren: ", run.Error, StringComparison.Ordinal);
        Assert.Contains(instead, run.Error, StringComparison.Ordinal);
        Assert.Contains(instead, node.Run(tool, "help", command).Output, StringComparison.Ordinal);
        // What is listed can be done.
        Assert.DoesNotContain($"   {command} ", node.Run(tool, "help").Output, StringComparison.Ordinal);
        Assert.DoesNotContain(
            command + "\n", node.Run(tool, "help", "--list-commands").Output, StringComparison.Ordinal);
        Assert.Equal("", node.Run(tool, "autocomplete", command).Output);
    }
}
