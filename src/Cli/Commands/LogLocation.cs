using System.Text.Json;
using Warren.Cli.Formatting;

namespace Warren.Cli.Commands;

/// <summary>Where the node logs to.</summary>
internal sealed class LogLocation() : DiagnosticCommand(
    "log_location", "[--all|-a]",
    "Shows log file location(s) on target node", "status")
{
    public override Node.NodeState Needs => Node.NodeState.Process;

    public override CommandLine.Switch[] Switches => [new("all", CommandLine.SwitchKind.Flag, 'a')];

    public override string? Banner(Invocation call) =>
        $"Log file location(s) on node {call.Place.NodeName} ...";

    protected override ExitCode Show(Invocation call, JsonElement answer)
    {
        IEnumerable<JsonElement> files = answer.GetProperty("log_files").EnumerateArray();
        foreach (JsonElement file in call.Has("all") ? files : files.Take(1))
            call.Output.WriteLine(file.GetString());
        return ExitCode.Ok;
    }
}
