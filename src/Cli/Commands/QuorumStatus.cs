using System.Text.Json;
using Warren.Cli.CommandLine;
using Warren.Cli.Formatting;
using Warren.Cli.Help;

namespace Warren.Cli.Commands;

/// <summary>How the members of a quorum queue, or of a mirrored one, stand.</summary>
internal sealed class QuorumStatus() : ListCommand(
    "quorum_status", "[--vhost <vhost>] <queue>", Section.Monitoring, "Displays quorum status of a quorum queue")
{
    public override (int Least, int Most) Arguments => (1, 1);

    public override Switch[] Switches => [];

    public override string[] Guides => ["quorum-queues"];

    public override string Help =>
        """
        <queue>
        	Name of the queue
        """;

    protected override Format OwnFormat => Format.PrettyTable;

    protected override string[] Default =>
    [
        "Node Name", "Raft State", "Membership", "Last Log Index", "Last Written", "Last Applied", "Commit Index",
        "Snapshot Index", "Term", "Machine Version",
    ];

    public override string? Banner(Invocation call) =>
        $"Status of quorum queue {call.Arguments[0]} on node {call.Place.NodeName} ...";

    protected override void WriteArguments(Invocation call, Utf8JsonWriter json, IReadOnlyList<string> columns)
    {
        json.WriteString("vhost", call.Vhost);
        json.WriteString("queue", call.Arguments[0]);
    }
}
