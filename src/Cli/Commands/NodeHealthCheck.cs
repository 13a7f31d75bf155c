using System.Text.Json;
using Warren.Cli.Help;

namespace Warren.Cli.Commands;

/// <summary>
/// Real checks: that the broker runs, no alarm is on, every listener accepts, every queue's turn answers. (RabbitMQ's
/// checks nothing any more.)
/// </summary>
internal sealed class NodeHealthCheck() : Command(
    "node_health_check", "[--timeout <timeout>]", Section.Deprecated,
    "Checks that the node runs, has no alarms, accepts on all listeners and that all its queues answer")
{
    public override int? DefaultTimeoutMs => 70_000;

    public override string? Banner(Invocation call) =>
        $"Timeout: {(call.TimeoutMs ?? 0) / 1000} seconds ...\nChecking health of node {call.Place.NodeName} ...";

    public override ExitCode Run(Invocation call)
    {
        JsonElement result = call.Node.Ask(Name);
        JsonElement failures = result.GetProperty("failures");
        if (failures.GetArrayLength() == 0)
        {
            call.Output.WriteLine("Health check passed");
            return ExitCode.Ok;
        }
        throw new CommandException(
            ExitCode.Unavailable,
            "Error: health check failed. Message:\n"
            + string.Join('\n', failures.EnumerateArray().Select(failure => failure.GetString())));
    }
}
