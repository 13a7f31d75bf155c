using System.Text.Json;
using Warren.Cli.Help;
using Warren.Cli.Node;

namespace Warren.Cli.Commands;

/// <summary>What waits in a quorum queue leaves memory by itself: there is nothing left to be done.</summary>
internal sealed class ReclaimQuorumMemory() : ChangeCommand(
    "reclaim_quorum_memory", "[--vhost <vhost>] <quorum queue>", Section.Operations,
    "Flushes quorum queue processes WAL, performs a full sweep GC on all of its local Erlang processes")
{
    public override (int Least, int Most) Arguments => (1, 1);

    public override string[] Guides => ["quorum-queues", "memory-use"];

    public override string Help =>
        """
        <queue>
        	Name of the quorum queue. Messages that wait leave memory by themselves; 'rabbitmqctl force_gc' gives back
        	what is free
        """;

    public override string? Banner(Invocation call) => $"Will flush Raft WAL of quorum queue {call.Arguments[0]} ...";

    public override CommandException Explain(Invocation call, NodeRefusal refusal) =>
        refusal.Kind == RefusalKind.NotFound
            ? CommandException.Because(
                ExitCode.Unavailable, $"Target queue was not found in virtual host '{call.Vhost}'")
            : base.Explain(call, refusal);

    protected override void WriteArguments(Invocation call, Utf8JsonWriter json)
    {
        json.WriteString("vhost", call.Vhost);
        json.WriteString("queue", call.Arguments[0]);
    }
}
