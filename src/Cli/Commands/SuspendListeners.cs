using System.Text.Json;
using Warren.Cli.Help;
using Warren.Cli.Node;

namespace Warren.Cli.Commands;

/// <summary>The node takes no new clients.</summary>
internal sealed class SuspendListeners() : ChangeCommand(
    "suspend_listeners", "", Section.Operations,
    "Suspends client connection listeners so that no new client connections are accepted")
{
    public override NodeState Needs => NodeState.AppRunning;

    public override (int Least, int Most) Arguments => (0, 0);

    public override string? Banner(Invocation call) =>
        $"Will suspend client connection listeners on node {call.Place.NodeName}. "
        + "The node will no longer accept client connections!";

    protected override void WriteArguments(Invocation call, Utf8JsonWriter json)
    {
        // It takes none.
    }
}
