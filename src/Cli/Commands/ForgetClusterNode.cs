using System.Text.Json;
using Warren.Cli.CommandLine;
using Warren.Cli.Help;
using Warren.Cli.Node;

namespace Warren.Cli.Commands;

/// <summary>Takes a member out of the cluster, for good.</summary>
internal sealed class ForgetClusterNode() : ChangeCommand(
    "forget_cluster_node", "[--offline] <existing_cluster_member_node>", Section.Cluster,
    "Removes a node from the cluster")
{
    public override NodeState Needs => NodeState.Process;

    public override (int Least, int Most) Arguments => (1, 1);

    public override Switch[] Switches => [new("offline", SwitchKind.Flag)];

    public override string? Validate(Invocation call) => call.Has("offline")
        ? "members are removed by the cluster, not behind its back: run the command without --offline on a node that "
            + "runs; when the others are lost for good, 'rabbitmqctl force_boot' lets this node go on alone"
        : null;

    public override string? Banner(Invocation call) => $"Removing node {call.Arguments[0]} from the cluster";

    protected override void WriteArguments(Invocation call, Utf8JsonWriter json) =>
        json.WriteString("node", call.Arguments[0]);
}
