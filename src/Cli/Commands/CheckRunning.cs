using System.Text.Json;
using Warren.Cli.Formatting;

namespace Warren.Cli.Commands;

/// <summary>Fails unless the broker runs.</summary>
internal sealed class CheckRunning() : DiagnosticCommand(
    "check_running", "",
    "Health check that exits with a non-zero code if the RabbitMQ app on the target node is not running", "hello")
{
    public override Node.NodeState Needs => Node.NodeState.Process;

    public override string? Banner(Invocation call) =>
        $"Checking if RabbitMQ is running on node {call.Place.NodeName} ...";

    protected override ExitCode Show(Invocation call, JsonElement answer)
    {
        if (!answer.GetProperty("serving").GetBoolean())
        {
            throw Failed(
                $"Error:\nRabbitMQ on node {call.Node.NodeName} is not running or has not fully booted yet "
                + "(check with is_booting)");
        }
        call.Output.WriteLine($"RabbitMQ on node {call.Node.NodeName} is fully booted and running");
        return ExitCode.Ok;
    }
}
