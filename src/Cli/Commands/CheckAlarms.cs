using System.Text.Json;
using Warren.Cli.Formatting;

namespace Warren.Cli.Commands;

/// <summary>Fails while an alarm is on, on any node.</summary>
internal sealed class CheckAlarms() : DiagnosticCommand(
    "check_alarms", "",
    "Health check that exits with a non-zero code if the target node reports any alarms, local or cluster-wide.",
    "alarms")
{
    public override string? Banner(Invocation call) =>
        $"Asking node {call.Place.NodeName} to report any local resource alarms ...";

    protected override ExitCode Show(Invocation call, JsonElement answer)
    {
        string[] alarms = [.. answer.GetProperty("alarms").EnumerateArray().Select(AlarmText.Of)];
        if (alarms.Length > 0)
            throw Failed($"Error:\nNode {call.Node.NodeName} reported alarms:\n{string.Join('\n', alarms)}");
        call.Output.WriteLine($"Node {call.Node.NodeName} reported no alarms, local or clusterwide");
        return ExitCode.Ok;
    }
}
