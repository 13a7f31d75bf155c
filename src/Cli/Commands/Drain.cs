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

    // Nothing is refused, but nobody is to be surprised.
    protected override string? Done(Invocation call, JsonElement result)
    {
        string node = call.Node.NodeName;
        foreach (JsonElement queue in result.GetProperty("queues").EnumerateArray())
        {
            call.Error.WriteLine(
                $"Warning: {CriticalQueue.NameOf(queue)} would have no majority of its members if node {node} is "
                + "stopped");
        }
        int kept = result.GetProperty("kept").GetInt32();
        if (kept > 0)
        {
            call.Error.WriteLine(
                $"Warning: node {node} still leads {kept} replicated queues, which nobody else could take over: "
                + "'rabbitmqctl list_queues name leader members online' shows them");
        }
        return null;
    }

    protected override void WriteArguments(Invocation call, Utf8JsonWriter json)
    {
        // It takes none.
    }
}
