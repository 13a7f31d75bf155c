using Warren.Cli.Help;

namespace Warren.Cli.Commands;

/// <summary>The runtime parameters that belong to no virtual host.</summary>
internal sealed class ListGlobalParameters() : PlainListCommand(
    "list_global_parameters", "[--no-table-headers] [--timeout <timeout>]", Section.Parameters,
    "Lists global runtime parameters", ["name", "value"])
{
    public override string? Banner(Invocation call) => "Listing global runtime parameters ...";
}
