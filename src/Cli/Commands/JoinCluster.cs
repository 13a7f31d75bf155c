using System.Text.Json;
using Warren.Cli.CommandLine;
using Warren.Cli.Help;
using Warren.Cli.Node;

namespace Warren.Cli.Commands;

/// <summary>The node becomes a member of the cluster that another node belongs to.</summary>
internal sealed class JoinCluster() : ChangeCommand(
    "join_cluster", "[--disc|--ram] <existing_cluster_member>", Section.Cluster,
    "Instructs the node to become a member of the cluster that the specified node is in")
{
    public override NodeState Needs => NodeState.AppStopped;

    public override (int Least, int Most) Arguments => (1, 1);

    public override string[] Guides => ["clustering", "cluster-formation"];

    public override Switch[] Switches =>
        [new("disc", SwitchKind.Flag), new("ram", SwitchKind.Flag), new("force", SwitchKind.Flag)];

    public override string Help =>
        """
        <existing_cluster_member>
        	Existing cluster member (node) to join

        --disc
        	new node should be a disk one (stores its schema on disk). Highly recommended, used by default.

        --ram
        	refused: every node keeps its data on disk

        --force
        	join although the node has queues or users of its own, which are set aside
        """;

    public override string? Validate(Invocation call)
    {
        if (call.Has("ram") && call.Has("disc"))
            return "The node type must be either disc or ram.";
        return call.Has("ram") ? "there are no RAM nodes: every node keeps its data on disk" : null;
    }

    public override string? Banner(Invocation call) =>
        $"Clustering node {call.Place.NodeName} with {call.Arguments[0]}";

    protected override void WriteArguments(Invocation call, Utf8JsonWriter json)
    {
        json.WriteString("node", call.Arguments[0]);
        json.WriteBoolean("force", call.Has("force"));
    }
}
