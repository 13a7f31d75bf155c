using System.Text.Json;
using Warren.Cli.Help;

namespace Warren.Cli.Commands;

/// <summary>The end of maintenance: the node takes clients again.</summary>
internal sealed class Revive() : ChangeCommand(
    "revive", "", Section.Upgrade,
    "Puts the node out of maintenance and into regular operating mode. "
    + "Such nodes will again serve client traffic and host primary queue replicas")
{
    public override string? Banner(Invocation call) =>
        $"Will put node {call.Place.NodeName} back into regular operating mode. "
        + "The node will again serve client traffic and host primary queue replicas.";

    protected override void WriteArguments(Invocation call, Utf8JsonWriter json)
    {
        // It takes none.
    }
}
