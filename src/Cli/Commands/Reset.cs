using System.Text.Json;
using Warren.Cli.Help;
using Warren.Cli.Node;

namespace Warren.Cli.Commands;

/// <summary>The node leaves its cluster and forgets everything.</summary>
internal sealed class Reset() : ChangeCommand(
    "reset", "", Section.Nodes,
    "Instructs a RabbitMQ node to leave the cluster and return to its virgin state")
{
    public override NodeState Needs => NodeState.AppStopped;

    public override (int Least, int Most) Arguments => (0, 0);

    public override string? Banner(Invocation call) => $"Resetting node {call.Place.NodeName} ...";

    protected override void WriteArguments(Invocation call, Utf8JsonWriter json)
    {
        // It takes none.
    }
}
