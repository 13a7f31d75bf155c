using System.Text.Json;
using Warren.Cli.Help;

namespace Warren.Cli.Commands;

/// <summary>A replicated queue is led by another of its members.</summary>
internal sealed class TransferLeadership() : ChangeCommand(
    "transfer_leadership", "[--vhost <vhost>] <queue> <node>", Section.Replication,
    "Transfers leadership of a quorum queue, or of a mirrored one, to its member on the given node.")
{
    public override (int Least, int Most) Arguments => (2, 2);

    public override int? DefaultTimeoutMs => 60_000;

    public override string[] Guides => ["quorum-queues"];

    public override string Help =>
        """
        <queue>
        	name of the quorum queue, or of the classic queue that a policy mirrors

        <node>
        	node whose member is to lead: it must be running, in step, and not under maintenance
        """;

    public override string? Banner(Invocation call) =>
        $"Transferring leadership of queue {call.Arguments[0]} to node {call.Arguments[1]}...";

    protected override void WriteArguments(Invocation call, Utf8JsonWriter json)
    {
        json.WriteString("vhost", call.Vhost);
        json.WriteString("queue", call.Arguments[0]);
        json.WriteString("node", call.Arguments[1]);
    }
}
