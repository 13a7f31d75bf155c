using System.Text.Json;
using Warren.Cli.Help;
using Warren.Cli.Node;

namespace Warren.Cli.Commands;

/// <summary>Opens the broker and the listeners again.</summary>
internal sealed class StartApp() : ChangeCommand(
    "start_app", "", Section.Nodes,
    "Starts the RabbitMQ application but leaves the runtime (Erlang VM) running")
{
    public override NodeState Needs => NodeState.Process;

    public override (int Least, int Most) Arguments => (0, 0);

    public override string? Banner(Invocation call) => $"Starting node {call.Place.NodeName} ...";

    protected override void WriteArguments(Invocation call, Utf8JsonWriter json)
    {
        // It takes none.
    }
}
