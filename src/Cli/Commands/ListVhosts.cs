using Warren.Cli.Help;

namespace Warren.Cli.Commands;

/// <summary>The virtual hosts.</summary>
internal sealed class ListVhosts() : ListCommand(
    "list_vhosts", "[--no-table-headers] [<column> ...] [--timeout <timeout>]", Section.AccessControl,
    "Lists virtual hosts")
{
    public override string[] Guides => ["virtual-hosts", "access-control"];

    protected override string[] Default => ["name"];

    protected override bool IsStreamed => false;

    protected override string[] Known =>
    [
        "name", "tracing", "description", "tags", "default_queue_type", "cluster_state",
    ];

    public override string? Banner(Invocation call) => "Listing vhosts ...";
}
