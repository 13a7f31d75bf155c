using System.Text.Json;
using Warren.Cli.Formatting;

namespace Warren.Cli.Commands;

/// <summary>The alarms that are on.</summary>
internal sealed class Alarms() : DiagnosticCommand(
    "alarms", "",
    "Lists resource alarms (local or cluster-wide) in effect on the target node", "alarms")
{
    public override string? Banner(Invocation call) =>
        $"Asking node {call.Place.NodeName} to report any known resource alarms ...";

    protected override ExitCode Show(Invocation call, JsonElement answer)
    {
        return Print(call, answer, output =>
        {
            JsonElement alarms = answer.GetProperty("alarms");
            if (alarms.GetArrayLength() == 0)
                output.WriteLine($"Node {call.Node.NodeName} reported no alarms, local or clusterwide");
            foreach (JsonElement alarm in alarms.EnumerateArray())
                output.WriteLine(AlarmText.Of(alarm));
        });
    }
}
