using System.Text.Json;
using Warren.Cluster.Incidents;
using Xunit;

namespace Warren.Cli.Tests;

/// <summary><c>warren incidents</c>.</summary>
public sealed class IncidentTests
{
    private static readonly Incident Damaged =
        new(IncidentKind.DamagedData, "d", "data directory d is damaged", "look after the disk");

    [Fact]
    public async Task They_are_listed_with_what_to_do_the_newest_last()
    {
        await using ControlledNode node = await ControlledNode.StartAsync();
        Assert.Equal("Listing incidents of all nodes ...\n\n", node.Run("warren", "incidents").Output);
        node.Host.Seams.Incidents(Damaged);
        node.Host.Seams.Incidents(new Incident(IncidentKind.LeaderLost, "q", "publishes were refused") { Count = 3 });
        CommandRun run = node.Run("warren", "incidents");
        Assert.Equal(ExitCode.Ok, run.Code);
        string[] lines = run.Output.TrimEnd('\n').Split('\n');
        Assert.Equal("time\tnode\tkind\tcount\twhat\twhat_to_do", lines[1]);
        Assert.Equal(
            ["rabbit@localhost", "damaged_data", "1", "data directory d is damaged", "look after the disk"],
            lines[2].Split('\t')[1..]);
        Assert.Equal(["rabbit@localhost", "leader_lost", "3", "publishes were refused", ""], lines[3].Split('\t')[1..]);
        Assert.Equal(4, lines.Length);
        Assert.Equal("", run.Error);
        using JsonDocument json = JsonDocument.Parse(node.Run("warren", "incidents", "--formatter", "json").Output);
        Assert.Equal(
            ["damaged_data", "leader_lost"],
            json.RootElement.EnumerateArray().Select(static one => one.GetProperty("kind").GetString()));
        // So it is while the broker is stopped.
        node.Run("rabbitmqctl", "stop_app");
        Assert.Equal(lines[2..], node.Run("warren", "-s", "incidents").Output.TrimEnd('\n').Split('\n'));
    }

    [Fact]
    public async Task Only_those_since_some_time_are_listed()
    {
        await using ControlledNode node = await ControlledNode.StartAsync();
        node.Host.Seams.Incidents(Damaged);
        Assert.Contains(
            "damaged_data", node.Run("warren", "-s", "incidents", "--since", "2026-01-01").Output,
            StringComparison.Ordinal);
        Assert.DoesNotContain(
            "damaged_data", node.Run("warren", "-s", "incidents", "--since", "9000-01-01T10:00").Output,
            StringComparison.Ordinal);
        Assert.Equal(ExitCode.Usage, node.Run("warren", "incidents", "--since", "yesterday").Code);
    }

    /// <summary>They may be why it does not run.</summary>
    [Fact]
    public void Those_of_a_node_that_does_not_run_are_read_from_its_directory()
    {
        string directory = Directory.CreateTempSubdirectory("warren-cli-").FullName;
        try
        {
            var variables = new Dictionary<string, string>
            {
                ["RABBITMQ_NODENAME"] = "rabbit@localhost",
                ["RABBITMQ_MNESIA_BASE"] = directory,
                ["RABBITMQ_CONF_ENV_FILE"] = Path.Combine(directory, "rabbitmq-env.conf"),
                ["HOME"] = directory,
            };
            var environment = new CallerEnvironment(variables.GetValueOrDefault, directory, "localhost");
            Assert.Equal(ExitCode.Unavailable, CommandRun.Of(environment, "", "warren", "incidents").Code);
            string file = Path.Combine(directory, "rabbit@localhost", IncidentFormat.Path);
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            byte[] line = IncidentFormat.Write(new KeptIncident(DateTimeOffset.UnixEpoch, Damaged));
            File.WriteAllBytes(file, [.. line, .. line[..10]]);
            CommandRun run = CommandRun.Of(environment, "", "warren", "-s", "incidents");
            Assert.Equal(
                "1970-01-01T00:00:00.000Z\trabbit@localhost\tdamaged_data\t1\tdata directory d is damaged\tlook after "
                + "the disk\n", run.Output);
            Assert.Contains("rabbit@localhost does not run", run.Error, StringComparison.Ordinal);
            Assert.Equal(ExitCode.Ok, run.Code);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [Fact]
    public async Task All_nodes_are_asked_and_who_does_not_answer_is_named()
    {
        await using ControlledPair pair = await ControlledPair.StartAsync(91);
        pair.Other.Host.Seams.Incidents(Damaged);
        await Task.Delay(5);
        pair.One.Host.Seams.Incidents(new Incident(IncidentKind.RefusedNode, "n", "no link with n"));
        CommandRun run = pair.RunOnOne("warren", "-s", "incidents");
        string[] lines = run.Output.TrimEnd('\n').Split('\n');
        string[] kinds = [.. lines.Select(static line => string.Join(' ', line.Split('\t')[1..3]))];
        Assert.Equal(
            [$"{pair.NameOfOther} damaged_data", $"{pair.NameOfOne} refused_node"], kinds.Where(IsNoted));
        Assert.Equal("", run.Error);
        Assert.DoesNotContain(
            "damaged_data", pair.RunOnOne("warren", "-s", "incidents", "--local").Output, StringComparison.Ordinal);
        await pair.StopOtherAsync();
        run = pair.RunOnOne("warren", "-s", "incidents");
        Assert.Contains("refused_node", run.Output, StringComparison.Ordinal);
        Assert.Contains(
            $"nothing of node {pair.NameOfOther} is listed: it is not reached", run.Error, StringComparison.Ordinal);

        // What else there may be is not this test's.
        static bool IsNoted(string kind) =>
            kind.EndsWith(" damaged_data", StringComparison.Ordinal)
            || kind.EndsWith(" refused_node", StringComparison.Ordinal);
    }
}
