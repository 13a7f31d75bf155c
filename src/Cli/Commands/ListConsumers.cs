using Warren.Cli.Help;

namespace Warren.Cli.Commands;

/// <summary>The consumers of a virtual host.</summary>
internal sealed class ListConsumers() : ListCommand(
    "list_consumers", "[--vhost <vhost>] [--no-table-headers] [<column> ...] [--timeout <timeout>]",
    Section.Monitoring, "Lists all consumers for a vhost")
{
    public override string[] Guides => ["consumers"];

    protected override string[] Default => ["queue_name", "channel_pid", "consumer_tag", "ack_required",
    "prefetch_count", "active", "arguments"];

    protected override bool IsStreamed => true;

    protected override string[] Known =>
    [
        "queue_name", "channel_pid", "consumer_tag", "ack_required", "prefetch_count", "active", "activity_status",
        "arguments",
    ];

    public override string? Banner(Invocation call) => $"Listing consumers in vhost {call.Vhost} ...";
}
