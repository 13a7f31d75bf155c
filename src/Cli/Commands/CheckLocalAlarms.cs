using System.Text.Json;
using Warren.Cli.Formatting;

namespace Warren.Cli.Commands;

/// <summary>Fails while an alarm is on that this node has raised.</summary>
internal sealed class CheckLocalAlarms() : DiagnosticCommand(
    "check_local_alarms", "",
    "Health check that exits with a non-zero code if the target node reports any local alarms", "alarms")
{
    public override string? Banner(Invocation call) =>
        $"Asking node {call.Place.NodeName} to report any local resource alarms ...";

    protected override ExitCode Show(Invocation call, JsonElement answer)
    {
        string[] alarms =
        [
            .. answer.GetProperty("alarms").EnumerateArray()
                .Where(alarm => alarm.GetProperty("node").GetString() == call.Node.NodeName).Select(AlarmText.Of),
        ];
        if (alarms.Length > 0)
            throw Failed($"Error:\nNode {call.Node.NodeName} reported local alarms:\n{string.Join('\n', alarms)}");
        call.Output.WriteLine($"Node {call.Node.NodeName} reported no local alarms");
        return ExitCode.Ok;
    }
}
