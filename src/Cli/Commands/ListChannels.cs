using Warren.Cli.Help;

namespace Warren.Cli.Commands;

/// <summary>The channels of all clients of the node.</summary>
internal sealed class ListChannels() : ListCommand(
    "list_channels", "[--no-table-headers] [<column> ...]", Section.Monitoring, "Lists all channels in the node")
{
    public override string[] Guides => ["channels"];

    protected override string[] Default => ["pid", "user", "consumer_count", "messages_unacknowledged"];

    protected override bool IsStreamed => true;

    protected override string[] Known =>
    [
        "pid", "connection", "name", "number", "user", "vhost", "transactional", "confirm", "consumer_count",
        "messages_unacknowledged", "messages_uncommitted", "acks_uncommitted", "messages_unconfirmed",
        "prefetch_count", "global_prefetch_count",
    ];

    public override string? Banner(Invocation call) => "Listing channels ...";
}
