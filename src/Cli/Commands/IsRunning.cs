using System.Text.Json;
using Warren.Cli.Formatting;

namespace Warren.Cli.Commands;

/// <summary>Whether the broker runs.</summary>
internal sealed class IsRunning() : DiagnosticCommand(
    "is_running", "",
    "Checks if RabbitMQ is fully booted and running on the target node", "hello")
{
    public override Node.NodeState Needs => Node.NodeState.Process;

    public override string? Banner(Invocation call) =>
        $"Asking node {call.Place.NodeName} for its status ...";

    protected override ExitCode Show(Invocation call, JsonElement answer)
    {
        call.Output.WriteLine(
            answer.GetProperty("serving").GetBoolean()
            ? $"RabbitMQ on node {call.Node.NodeName} is fully booted and running"
            : $"RabbitMQ on node {call.Node.NodeName} is not running or has not fully booted yet (check with "
                + $"is_booting)");
        return ExitCode.Ok;
    }
}
