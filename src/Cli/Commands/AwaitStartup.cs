using System.Text.Json;
using Warren.Cli.Help;
using Warren.Cli.Node;

namespace Warren.Cli.Commands;

/// <summary>Waits until the node serves clients.</summary>
internal sealed class AwaitStartup() : ChangeCommand(
    "await_startup", "", Section.Nodes,
    "Waits for the RabbitMQ application to start on the target node")
{
    public override NodeState Needs => NodeState.Process;

    public override (int Least, int Most) Arguments => (0, 0);

    public override int? DefaultTimeoutMs => 300_000;

    public override string? Banner(Invocation call) => null;

    protected override void WriteArguments(Invocation call, Utf8JsonWriter json)
    {
        // It takes none.
    }
}
