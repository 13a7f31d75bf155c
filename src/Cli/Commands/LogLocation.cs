using System.Text.Json;
using Warren.Cli.Formatting;

namespace Warren.Cli.Commands;

/// <summary>Where the node logs to.</summary>
internal sealed class LogLocation() : DiagnosticCommand(
    "log_location", "",
    "Shows log file location(s) on target node", "status")
{
    public override Node.NodeState Needs => Node.NodeState.Process;

    public override string? Banner(Invocation call) =>
        $"Log file location(s) on node {call.Place.NodeName} ...";

    protected override ExitCode Show(Invocation call, JsonElement answer)
    {
        foreach (JsonElement file in answer.GetProperty("log_files").EnumerateArray())
            call.Output.WriteLine(file.GetString());
        return ExitCode.Ok;
    }
}
