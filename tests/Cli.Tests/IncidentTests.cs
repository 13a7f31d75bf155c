using System.Net.Sockets;
using System.Text.Json;
using Warren.Cluster.Incidents;
using Xunit;

namespace Warren.Cli.Tests;

/// <summary><c>warren incidents</c>.</summary>
public sealed class IncidentTests : IDisposable
{
    private static readonly Incident Damaged =
        new(IncidentKind.DamagedData, "d", "data directory d is damaged", "look after the disk");

    private const string Line =
        "1970-01-01T00:00:00.000Z\trabbit@localhost\tdamaged_data\t1\tdata directory d is damaged\tlook after the "
        + "disk\n";

    private readonly string _directory = Directory.CreateTempSubdirectory("warren-cli-").FullName;
    private readonly Dictionary<string, string> _variables;

    public IncidentTests() => _variables = new Dictionary<string, string>
    {
        ["RABBITMQ_NODENAME"] = "rabbit@localhost",
        ["RABBITMQ_MNESIA_BASE"] = _directory,
        ["RABBITMQ_CONF_ENV_FILE"] = Path.Combine(_directory, "rabbitmq-env.conf"),
        ["HOME"] = _directory,
    };

    public void Dispose() => Directory.Delete(_directory, recursive: true);

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
        Assert.Equal(ExitCode.Unavailable, Run("incidents").Code);
        string file = Keep();
        File.AppendAllText(file, "{\"time\":\"20");
        CommandRun run = Run("-s", "incidents");
        Assert.Equal(Line, run.Output);
        Assert.Contains("rabbit@localhost does not run", run.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Ok, run.Code);
        File.Delete(file);
        Assert.Equal((ExitCode.Ok, "\n"), (Run("-s", "incidents").Code, Run("-s", "incidents").Output));
    }

    /// <summary>What is there could be anything.</summary>
    [Fact]
    public void A_record_that_cannot_be_read_is_no_empty_one()
    {
        Directory.CreateDirectory(Path.Combine(_directory, "rabbit@localhost", IncidentFormat.Path));
        CommandRun run = Run("-s", "incidents");
        Assert.Equal((ExitCode.Unavailable, ""), (run.Code, run.Output));
    }

    /// <summary>It may have more to say.</summary>
    [Fact]
    public void A_node_that_hangs_is_not_said_to_be_down()
    {
        Keep();
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(Path.Combine(_directory, "rabbit@localhost.control")));
        socket.Listen();
        CommandRun run = Run("-s", "incidents", "--timeout", "1");
        Assert.Equal(Line, run.Output);
        Assert.Contains("rabbit@localhost is not reached: what stands in ", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("does not run", run.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Unavailable, run.Code);
    }

    /// <summary>Clients chose the names of queues.</summary>
    [Fact]
    public void What_force_boot_says_moves_no_cursor()
    {
        using var node = new AnsweringNode(
            Path.Combine(_directory, "rabbit@localhost.control"), "rabbit@localhost",
            "{\"report\":[\"  queue 'a\\u001b[2J\\u009b2J\\nb'\",\"c\"]}");
        CommandRun run = CommandRun.Of(
            new CallerEnvironment(_variables.GetValueOrDefault, _directory, "localhost"), "", "rabbitmqctl", "-q",
            "force_boot");
        Assert.Equal((ExitCode.Ok, "  queue 'a [2J 2J b'\nc\n"), (run.Code, run.Output));
    }

    [Theory]
    [InlineData("rabbit@127.0.0.250")]
    [InlineData("other@localhost")]
    public void What_this_node_has_is_not_told_of_another_one(string other)
    {
        Keep();
        _variables["RABBITMQ_MNESIA_DIR"] = Path.Combine(_directory, "rabbit@localhost");
        Assert.Equal(Line, Run("-s", "incidents").Output);
        CommandRun run = Run("-n", other, "-s", "incidents", "--timeout", "2");
        Assert.Equal((ExitCode.Unavailable, ""), (run.Code, run.Output));
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
    // Of a node that has no process.
    private CommandRun Run(params string[] line) => CommandRun.Of(
        new CallerEnvironment(_variables.GetValueOrDefault, _directory, "localhost"), "", ["warren", .. line]);

    private string Keep()
    {
        string file = Path.Combine(_directory, "rabbit@localhost", IncidentFormat.Path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllBytes(file, IncidentFormat.Write(new KeptIncident(DateTimeOffset.UnixEpoch, Damaged)));
        return file;
    }
}
