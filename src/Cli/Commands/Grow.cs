using System.Text.Json;
using Warren.Cli.CommandLine;
using Warren.Cli.Help;

namespace Warren.Cli.Commands;

/// <summary>Many quorum queues get a member on a node.</summary>
internal sealed class Grow() : ListCommand(
    "grow",
    "<node> <all | even> [--vhost-pattern <pattern>] [--queue-pattern <pattern>] [--membership <promotable|voter>]",
    Section.Cluster,
    "Grows quorum queue clusters by adding a member (replica) on the specified node for all matching queues")
{
    public override (int Least, int Most) Arguments => (2, 2);

    // As long as it takes.
    public override int? DefaultTimeoutMs => null;

    public override Switch[] Switches =>
    [
        new("vhost-pattern", SwitchKind.Text), new("queue-pattern", SwitchKind.Text),
        new("membership", SwitchKind.Text), new("errors-only", SwitchKind.Flag),
    ];

    public override string[] Guides => ["quorum-queues"];

    public override string Help =>
        """
        <node>
        	node name to place replicas on

        <all | even>
        	add a member for all matching queues or just those whose membership count is an even number

        --queue-pattern <pattern>
        	regular expression to match queue names

        --vhost-pattern <pattern>
        	regular expression to match virtual host names

        --membership <promotable|voter>
        	wait until each is a member that gets all (default), or until it has caught up and votes

        --errors-only
        	only list queues which reported an error
        """;

    protected override string[] Default => ["vhost", "name", "size", "result"];

    public override string? Validate(Invocation call) => call.Arguments[1] is "all" or "even"
        ? AddMember.WrongMembership(call)
        : $"strategy '{call.Arguments[1]}' is not recognised.";

    public override string? Banner(Invocation call) =>
        $"Growing {call.Arguments[1]} quorum queues on {call.Arguments[0]}...";

    protected override void WriteArguments(Invocation call, Utf8JsonWriter json, IReadOnlyList<string> columns)
    {
        json.WriteString("node", call.Arguments[0]);
        json.WriteString("strategy", call.Arguments[1]);
        json.WriteString("vhost_pattern", call.Text("vhost-pattern") ?? ".*");
        json.WriteString("queue_pattern", call.Text("queue-pattern") ?? ".*");
        json.WriteString("membership", call.Text("membership") ?? "promotable");
        json.WriteBoolean("errors_only", call.Has("errors-only"));
    }
}
