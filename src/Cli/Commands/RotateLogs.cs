using System.Text.Json;
using Warren.Cli.Help;
using Warren.Cli.Node;

namespace Warren.Cli.Commands;

/// <summary>
/// The node opens its log files anew: what a log rotation calls when it has renamed them. RabbitMQ's refuses since 3.7,
/// and the rotations that call it fail.
/// </summary>
internal sealed class RotateLogs() : ChangeCommand(
    "rotate_logs", "", Section.Nodes, "Makes the node open its log files anew")
{
    public override NodeState Needs => NodeState.Process;

    public override string? Banner(Invocation call) => $"Opening the log files of node {call.Place.NodeName} anew ...";

    protected override void WriteArguments(Invocation call, Utf8JsonWriter json)
    {
        // It takes none.
    }
}
