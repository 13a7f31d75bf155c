using System.Text.Json;
using Warren.Cli.Help;
using Warren.Cli.Node;

namespace Warren.Cli.Commands;

/// <summary>Nodes keep their data on disk, always.</summary>
internal sealed class ChangeClusterNodeType() : ChangeCommand(
    "change_cluster_node_type", "<disc | ram>", Section.Cluster,
    "Changes the type of the cluster node")
{
    public override NodeState Needs => NodeState.AppStopped;

    public override (int Least, int Most) Arguments => (1, 1);

    public override string? Validate(Invocation call) =>
        call.Arguments[0] is "disc" or "disk" or "ram" ? null : "The node type must be either disc or ram.";

    public override string? Banner(Invocation call) => $"Turning {call.Place.NodeName} into a {call.Arguments[0]} node";

    protected override void WriteArguments(Invocation call, Utf8JsonWriter json)
    {
        json.WriteString("type", call.Arguments[0]);
    }
}
