using System.Text.Json;
using Warren.Cli.Formatting;

namespace Warren.Cli.Commands;

/// <summary>Where the node serves.</summary>
internal sealed class Listeners() : DiagnosticCommand(
    "listeners", "",
    "Lists active connection listeners (bound interface, port, protocol) on the target node", "listeners")
{
    public override string? Banner(Invocation call) =>
        $"Asking node {call.Place.NodeName} to report its protocol listeners ...";

    protected override ExitCode Show(Invocation call, JsonElement answer)
    {
        return Print(call, answer, output => ListenerText.Write(output, answer.GetProperty("listeners")));
    }
}
