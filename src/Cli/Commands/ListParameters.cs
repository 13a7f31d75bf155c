using Warren.Cli.Help;

namespace Warren.Cli.Commands;

/// <summary>The runtime parameters of a virtual host.</summary>
internal sealed class ListParameters() : PlainListCommand(
    "list_parameters", "[--vhost <vhost>] [--no-table-headers] [--timeout <timeout>]", Section.Parameters,
    "Lists runtime parameters for a virtual host", ["component", "name", "value"])
{
    public override string? Banner(Invocation call) => $"Listing runtime parameters for vhost \"{call.Vhost}\" ...";
}
