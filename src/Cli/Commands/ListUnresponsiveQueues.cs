using System.Text.Json;
using Warren.Cli.CommandLine;
using Warren.Cli.Help;

namespace Warren.Cli.Commands;

/// <summary>The queues whose turn does not answer in time.</summary>
internal sealed class ListUnresponsiveQueues() : ListCommand(
    "list_unresponsive_queues",
    "[--local] [--queue-timeout <queue-timeout>] [<column> ...] [--no-table-headers] [--timeout <timeout>]",
    Section.Monitoring, "Tests queues to respond within timeout. Lists those which did not respond")
{
    public override Switch[] Switches =>
        [.. base.Switches, new("local", SwitchKind.Flag), new("queue-timeout", SwitchKind.Number)];

    public override string? Banner(Invocation call) => $"Listing unresponsive queues for vhost {call.Vhost} ...";

    protected override string[] Default => ["name"];

    protected override bool IsStreamed => true;

    protected override string[] Known => ["name", "durable", "auto_delete", "arguments", "pid", "type"];

    protected override void WriteArguments(Invocation call, Utf8JsonWriter json, IReadOnlyList<string> columns)
    {
        base.WriteArguments(call, json, columns);
        json.WriteBoolean("local", call.Has("local"));
        json.WriteNumber("queue_timeout_ms", (call.Number("queue-timeout") ?? 15) * 1000L);
    }
}
