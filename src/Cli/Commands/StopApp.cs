using System.Text.Json;
using Warren.Cli.Help;
using Warren.Cli.Node;

namespace Warren.Cli.Commands;

/// <summary>Closes the listeners and the broker; the process stays and answers commands.</summary>
internal sealed class StopApp() : ChangeCommand(
    "stop_app", "", Section.Nodes,
    "Stops the RabbitMQ application, leaving the runtime (Erlang VM) running")
{
    public override NodeState Needs => NodeState.Process;

    public override (int Least, int Most) Arguments => (0, 0);

    public override string? Banner(Invocation call) => $"Stopping rabbit application on node {call.Place.NodeName} ...";

    protected override void WriteArguments(Invocation call, Utf8JsonWriter json)
    {
        // It takes none.
    }
}
