using System.Text.Json;
using Warren.Cli.Help;

namespace Warren.Cli.Commands;

/// <summary>A quorum queue has no member on a node any more.</summary>
internal sealed class DeleteMember() : ChangeCommand(
    "delete_member", "[--vhost <vhost>] <queue> <node>", Section.Replication,
    "Removes a quorum queue member (replica) on the given node.")
{
    public override (int Least, int Most) Arguments => (2, 2);

    public override int? DefaultTimeoutMs => 60_000;

    public override string[] Guides => ["quorum-queues"];

    public override string Help =>
        """
        <queue>
        	quorum queue name

        <node>
        	node to remove a new replica on
        """;

    public override string? Banner(Invocation call) =>
        $"Removing a replica of queue {call.Arguments[0]} on node {call.Arguments[1]}...";

    protected override void WriteArguments(Invocation call, Utf8JsonWriter json)
    {
        json.WriteString("vhost", call.Vhost);
        json.WriteString("queue", call.Arguments[0]);
        json.WriteString("node", call.Arguments[1]);
    }
}
