using System.Text.Json;
using Warren.Cli.Help;
using Warren.Cli.Node;

namespace Warren.Cli.Commands;

/// <summary>Tells a node where to ask for its cluster; harmless, since the replicated membership has the say.</summary>
internal sealed class UpdateClusterNodes() : ChangeCommand(
    "update_cluster_nodes", "<seed_node>", Section.Cluster,
    "Instructs a cluster member node to sync the list of known cluster members from <seed_node>")
{
    public override NodeState Needs => NodeState.AppStopped;

    public override (int Least, int Most) Arguments => (1, 1);

    public override string? Banner(Invocation call) =>
        $"Will seed {call.Place.NodeName} from {call.Arguments[0]} on next start";

    protected override void WriteArguments(Invocation call, Utf8JsonWriter json)
    {
        json.WriteString("node", call.Arguments[0]);
    }
}
