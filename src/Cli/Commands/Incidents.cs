using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Warren.Cli.CommandLine;
using Warren.Cli.Formatting;
using Warren.Cli.Help;
using Warren.Cli.Node;
using Warren.Cluster.Incidents;

namespace Warren.Cli.Commands;

/// <summary>
/// What was lost, refused or damaged. A node that does not run is read where it keeps it: that may be why it does not.
/// </summary>
internal sealed class Incidents() : PlainListCommand(
    "incidents", "[--local] [--since <time>] [--no-table-headers]", Section.Monitoring,
    "Lists what was lost, refused or damaged, on all nodes of the cluster, the newest last",
    [.. IncidentRow.Columns])
{
    public override NodeState Needs => NodeState.Any;

    public override Switch[] Switches =>
        [new("local", SwitchKind.Flag), new("since", SwitchKind.Text), new("no-table-headers", SwitchKind.Flag)];

    public override string Help =>
        """
        --local
        	of this node alone

        --since <time>
        	only what happened then or later, UTC, such as 2026-11-28 or 2026-11-28T16:30
        """;

    public override string? Validate(Invocation call) => call.Text("since") is { } since && TimeOf(since) is null
        ? $"--since takes a time such as 2026-11-28 or 2026-11-28T16:30, not '{since}'"
        : null;

    public override string? Banner(Invocation call) =>
        $"Listing incidents of {(call.Has("local") ? $"node {call.Place.NodeName}" : "all nodes")} ...";

    public override ExitCode Run(Invocation call)
    {
        string since = call.Text("since") is { } text ? TimeOf(text)! : "";
        RowWriter rows = RowWriter.For(call.Format ?? OwnFormat, call.Output, IncidentRow.Columns, call.HidesHeaders);
        NodeConnection node;
        try
        {
            node = call.Node;
        }
        catch (CommandException unreached) when (call.Place.Remote is null)
        {
            if (call.Place.DataDirectories.FirstOrDefault(Directory.Exists) is not { } directory)
                throw;
            Write(ReadFile(directory), call.Place.NodeName, since, rows);
            rows.End(IsStreamed);
            string why = unreached.IsNodeDown ? "does not run" : "is not reached";
            call.Error.WriteLine(
                $"Warning: {call.Place.NodeName} {why}: what stands in {directory} is listed, and nothing of other "
                + "nodes");
            if (unreached.IsNodeDown)
                return ExitCode.Ok;
            // It may have more to say, and must not look as if it had been asked.
            throw;
        }
        JsonElement answer = node.Ask(
            Name,
            json =>
            {
                if (call.Has("local"))
                    json.WriteBoolean("own_only", true);
            },
            row =>
            {
                if (string.CompareOrdinal(row[0].GetString(), since) >= 0)
                    rows.Write(row);
            });
        rows.End(IsStreamed);
        WarnOfSilent(call, answer);
        return ExitCode.Ok;
    }

    private static void Write(ImmutableArray<IncidentRow> found, string node, string since, RowWriter rows)
    {
        foreach (IncidentRow row in found.Where(row => string.CompareOrdinal(row.Time, since) >= 0))
        {
            using var bytes = new MemoryStream();
            using (var json = new Utf8JsonWriter(bytes))
                row.Write(json, node);
            using JsonDocument document = JsonDocument.Parse(bytes.ToArray());
            rows.Write(document.RootElement);
        }
    }

    private static ImmutableArray<IncidentRow> ReadFile(string directory)
    {
        try
        {
            return IncidentFormat.Read(File.ReadAllBytes(Path.Combine(directory, IncidentFormat.Path)));
        }
        // Looked for by opening it: a file that may not be read is no empty one.
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            return [];
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw CommandException.Because(ExitCode.Unavailable, error.Message);
        }
    }

    // As the rows have it: text in order is time in order.
    private static string? TimeOf(string text) => DateTimeOffset.TryParse(
        text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time)
        ? IncidentFormat.TimeOf(time)
        : null;
}
