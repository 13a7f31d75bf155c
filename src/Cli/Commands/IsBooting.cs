using System.Text.Json;
using Warren.Cli.Formatting;

namespace Warren.Cli.Commands;

/// <summary>Whether the broker is about to run.</summary>
internal sealed class IsBooting() : DiagnosticCommand(
    "is_booting", "",
    "Checks if RabbitMQ is still booting on the target node", "hello")
{
    public override Node.NodeState Needs => Node.NodeState.Process;

    public override string? Banner(Invocation call) =>
        $"Asking node {call.Place.NodeName} for its boot status ...";

    protected override ExitCode Show(Invocation call, JsonElement answer)
    {
        call.Output.WriteLine(
            answer.GetProperty("app_starting").GetBoolean() || IsWaiting(answer)
            ? $"RabbitMQ on node {call.Node.NodeName} is booting"
            : $"RabbitMQ on node {call.Node.NodeName} is fully booted (check with is_running), stopped or has not "
                + "started booting yet");
        return ExitCode.Ok;
    }

    // It has started, and waits for other nodes before it serves.
    private static bool IsWaiting(JsonElement answer) =>
        answer.GetProperty("app_running").GetBoolean() && !answer.GetProperty("serving").GetBoolean();
}
