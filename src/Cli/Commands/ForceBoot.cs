using System.Text.Json;
using Warren.Cli.CommandLine;
using Warren.Cli.Help;
using Warren.Cli.Node;
using Warren.Cluster.Incidents;

namespace Warren.Cli.Commands;

/// <summary>The last resort: the node goes on alone, without what only the others have.</summary>
internal sealed class ForceBoot() : ChangeCommand(
    "force_boot", "[--accept-loss] [<dead_cluster_member> ...]", Section.Cluster,
    "Forces node to start even if it cannot contact or rejoin any of its previously known peers")
{
    public override NodeState Needs => NodeState.AppStopped;

    public override (int Least, int Most) Arguments => (0, int.MaxValue);

    public override Switch[] Switches => [new("accept-loss", SwitchKind.Flag)];

    public override string Help =>
        """
        <dead_cluster_member>
        	a member that is gone for good; who names any names all. Without names all are meant that are missing

        --accept-loss
        	replicated queues whose copy on this node is damaged, or was never complete, go on with what is left of
        	it; otherwise they stay out of reach, since nobody is left who could bring the rest. Also for a node that
        	goes on alone already

        The command says what may be lost, and changes nothing. The next start begins a new generation of the
        cluster, with this node alone, unless a majority of the members is back by then. Members of before come back
        by join_cluster, which sets aside what they have.
        """;

    public override string? Banner(Invocation call) => $"Forcing boot for Mnesia dir of node {call.Place.NodeName} ...";

    protected override void WriteArguments(Invocation call, Utf8JsonWriter json)
    {
        json.WriteStartArray("dead");
        foreach (string name in call.Arguments)
            json.WriteStringValue(name);
        json.WriteEndArray();
        json.WriteBoolean("accept_loss", call.Has("accept-loss"));
    }

    // Queues in it have names that clients chose.
    protected override string? Done(Invocation call, JsonElement result) => string.Join(
        Environment.NewLine,
        result.GetProperty("report").EnumerateArray().Select(static line => IncidentFormat.OneLine(line.GetString()!)));
}
