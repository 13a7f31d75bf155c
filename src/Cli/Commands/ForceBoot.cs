using System.Text.Json;
using Warren.Cli.Help;
using Warren.Cli.Node;

namespace Warren.Cli.Commands;

/// <summary>The last resort: the node goes on alone, without what only the others have.</summary>
internal sealed class ForceBoot() : ChangeCommand(
    "force_boot", "", Section.Cluster,
    "Forces node to start even if it cannot contact or rejoin any of its previously known peers")
{
    public override NodeState Needs => NodeState.AppStopped;

    public override (int Least, int Most) Arguments => (0, 0);

    public override string? Banner(Invocation call) => $"Forcing boot for Mnesia dir of node {call.Place.NodeName} ...";

    protected override void WriteArguments(Invocation call, Utf8JsonWriter json)
    {
        // It takes none.
    }
}
