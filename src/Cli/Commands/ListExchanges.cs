using Warren.Cli.Help;

namespace Warren.Cli.Commands;

/// <summary>The exchanges of a virtual host.</summary>
internal sealed class ListExchanges() : ListCommand(
    "list_exchanges", "[--vhost <vhost>] [--no-table-headers] [<column> ...] [--timeout <timeout>]",
    Section.Monitoring, "Lists exchanges")
{
    public override string[] Guides => [];

    protected override string[] Default => ["name", "type"];

    protected override bool IsStreamed => true;

    protected override string[] Known =>
    [
        "name", "type", "durable", "auto_delete", "internal", "arguments", "policy",
    ];

    public override string? Banner(Invocation call) => $"Listing exchanges for vhost {call.Vhost} ...";
}
