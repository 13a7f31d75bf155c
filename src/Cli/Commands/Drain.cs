using System.Text.Json;
using Warren.Cli.Help;

namespace Warren.Cli.Commands;

/// <summary>Maintenance: the node sends its clients away and takes no new ones.</summary>
internal sealed class Drain() : ChangeCommand(
    "drain", "", Section.Upgrade,
    "Puts the node in maintenance mode. Such nodes will not serve any client traffic or host any primary queue "
    + "replicas")
{
    public override string? Banner(Invocation call) =>
        $"Will put node {call.Place.NodeName} into maintenance mode. "
        + "The node will no longer serve any client traffic!";

    protected override void WriteArguments(Invocation call, Utf8JsonWriter json)
    {
        // It takes none.
    }
}
