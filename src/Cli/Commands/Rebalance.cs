using System.Text.Json;
using Warren.Cli.CommandLine;
using Warren.Cli.Formatting;
using Warren.Cli.Help;

namespace Warren.Cli.Commands;

/// <summary>The leaders of replicated queues are spread over the nodes.</summary>
internal sealed class Rebalance() : ListCommand(
    "rebalance", "< all | classic | quorum > [--vhost-pattern <pattern>] [--queue-pattern <pattern>]", Section.Cluster,
    "Re-balances leaders of replicated queues across up-and-running cluster nodes")
{
    /// <summary>What each row tells.</summary>
    public static readonly string[] Cells =
        ["Node name", "Number of quorum queues", "Number of replicated classic queues"];

    public override (int Least, int Most) Arguments => (1, 1);

    // As long as it takes.
    public override int? DefaultTimeoutMs => null;

    public override Switch[] Switches =>
        [new("vhost-pattern", SwitchKind.Text), new("queue-pattern", SwitchKind.Text)];

    public override string[] Guides => ["quorum-queues"];

    public override string Help =>
        """
        <type>
        	queue type, must be one of: all, classic, quorum

        --queue-pattern <pattern>
        	regular expression to match queue names

        --vhost-pattern <pattern>
        	regular expression to match virtual host names
        """;

    protected override Format OwnFormat => Format.PrettyTable;

    protected override string[] Default => Cells;

    public override string? Validate(Invocation call) => call.Arguments[0] is "all" or "classic" or "quorum"
        ? null
        : $"type {call.Arguments[0]} is not supported. Try one of all, classic, quorum.";

    public override string? Banner(Invocation call) => $"Re-balancing leaders of {call.Arguments[0]} queues...";

    /// <summary>What the node is asked.</summary>
    public static void Write(Utf8JsonWriter json, string type, string vhosts, string queues)
    {
        json.WriteString("type", type);
        json.WriteString("vhost_pattern", vhosts);
        json.WriteString("queue_pattern", queues);
    }

    protected override void WriteArguments(Invocation call, Utf8JsonWriter json, IReadOnlyList<string> columns) =>
        Write(json, call.Arguments[0], call.Text("vhost-pattern") ?? ".*", call.Text("queue-pattern") ?? ".*");
}
