using System.Text.Json;
using Warren.Cli.Help;
using Warren.Cli.Node;

namespace Warren.Cli.Commands;

/// <summary>The node forgets everything, whether its cluster hears of it or not.</summary>
internal sealed class ForceReset() : ChangeCommand(
    "force_reset", "", Section.Cluster,
    "Forcefully returns a RabbitMQ node to its virgin state")
{
    public override NodeState Needs => NodeState.AppStopped;

    public override (int Least, int Most) Arguments => (0, 0);

    public override string? Banner(Invocation call) => $"Forcefully resetting node {call.Place.NodeName} ...";

    protected override void WriteArguments(Invocation call, Utf8JsonWriter json)
    {
        // It takes none.
    }
}
