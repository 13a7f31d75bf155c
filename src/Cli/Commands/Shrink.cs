using System.Text.Json;
using Warren.Cli.CommandLine;
using Warren.Cli.Help;

namespace Warren.Cli.Commands;

/// <summary>No quorum queue has a member on a node any more.</summary>
internal sealed class Shrink() : ListCommand(
    "shrink", "<node> [--errors-only]", Section.Cluster,
    "Shrinks quorum queue clusters by removing any members (replicas) on the given node.")
{
    public override (int Least, int Most) Arguments => (1, 1);

    // As long as it takes.
    public override int? DefaultTimeoutMs => null;

    public override Switch[] Switches => [new("errors-only", SwitchKind.Flag)];

    public override string[] Guides => ["quorum-queues"];

    public override string Help =>
        """
        <node>
        	node name to remove replicas from

        --errors-only
        	only list queues which reported an error
        """;

    protected override string[] Default => ["vhost", "name", "size", "result"];

    public override string? Banner(Invocation call) => $"Shrinking quorum queues on {call.Arguments[0]}...";

    protected override void WriteArguments(Invocation call, Utf8JsonWriter json, IReadOnlyList<string> columns)
    {
        json.WriteString("node", call.Arguments[0]);
        json.WriteBoolean("errors_only", call.Has("errors-only"));
    }
}
