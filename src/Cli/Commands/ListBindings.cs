using Warren.Cli.Help;

namespace Warren.Cli.Commands;

/// <summary>The bindings of a virtual host, those of the default exchange included.</summary>
internal sealed class ListBindings() : ListCommand(
    "list_bindings", "[--vhost <vhost>] [--no-table-headers] [<column> ...] [--timeout <timeout>]", Section.Monitoring,
    "Lists all bindings on a vhost")
{
    public override string[] Guides => [];

    protected override string[] Default => ["source_name", "source_kind", "destination_name", "destination_kind",
    "routing_key", "arguments"];

    protected override bool IsStreamed => true;

    protected override string[] Known =>
    [
        "source_name", "source_kind", "destination_name", "destination_kind", "routing_key", "arguments",
    ];

    public override string? Banner(Invocation call) => $"Listing bindings for vhost {call.Vhost}...";
}
