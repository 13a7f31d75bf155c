using System.Globalization;
using System.Text.Json;
using Warren.Cli.CommandLine;
using Warren.Cli.Help;

namespace Warren.Cli.Commands;

/// <summary>
/// The queues of a virtual host. Beside RabbitMQ's columns it takes <c>slave_nodes</c> and
/// <c>synchronised_slave_nodes</c>, which operators know from the HTTP API.
/// </summary>
internal sealed class ListQueues() : ListCommand(
    "list_queues",
    "[--vhost <vhost>] [--online] [--offline] [--local] [--no-table-headers] [<column>, ...] [--timeout <timeout>]",
    Section.Monitoring, "Lists queues and their properties")
{
    public override string[] Guides => ["queues"];

    public override string Help =>
        $"""
        <column>
        	must be one of {string.Join(", ", Known.Order(StringComparer.Ordinal))}

        --online
        	lists only queues on online (reachable) nodes

        --offline
        	lists only queues on offline (unreachable) nodes

        --local
        	only return queues hosted on the target node
        """;

    public override Switch[] Switches =>
    [
        .. base.Switches, new("online", SwitchKind.Flag), new("offline", SwitchKind.Flag),
        new("local", SwitchKind.Flag),
    ];

    protected override string[] Default => ["name", "messages"];

    protected override bool IsStreamed => true;

    protected override string[] Known =>
    [
        "name", "durable", "auto_delete", "arguments", "policy", "operator_policy", "effective_policy_definition",
        "pid",
        "owner_pid", "exclusive", "exclusive_consumer_pid", "exclusive_consumer_tag", "messages_ready",
        "messages_unacknowledged", "messages", "messages_ready_ram", "messages_unacknowledged_ram", "messages_ram",
        "messages_persistent", "message_bytes", "message_bytes_ready", "message_bytes_unacknowledged",
        "message_bytes_ram", "message_bytes_persistent", "head_message_timestamp", "disk_reads", "disk_writes",
        "consumers", "consumer_utilisation", "consumer_capacity", "memory", "slave_pids", "synchronised_slave_pids",
        "mirror_pids", "synchronised_mirror_pids", "slave_nodes", "synchronised_slave_nodes", "state", "type", "leader",
        "members", "online",
    ];

    public override string? Validate(Invocation call)
    {
        if (base.Validate(call) is { } wrong)
            return wrong;
        int places = (call.Has("online") ? 1 : 0) + (call.Has("offline") ? 1 : 0) + (call.Has("local") ? 1 : 0);
        return places > 1 ? "The following options are mutually exclusive: online, offline, local" : null;
    }

    public override string? Banner(Invocation call) => string.Create(
        CultureInfo.InvariantCulture,
        $"Timeout: {(call.TimeoutMs ?? 0) / 1000.0:0.0} seconds ...\nListing queues for vhost {call.Vhost} ...");

    protected override void WriteArguments(Invocation call, Utf8JsonWriter json, IReadOnlyList<string> columns)
    {
        base.WriteArguments(call, json, columns);
        json.WriteBoolean("online", call.Has("online"));
        json.WriteBoolean("offline", call.Has("offline"));
        json.WriteBoolean("local", call.Has("local"));
    }
}
