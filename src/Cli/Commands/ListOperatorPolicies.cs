using Warren.Cli.Help;

namespace Warren.Cli.Commands;

/// <summary>The operator policies of a virtual host.</summary>
internal sealed class ListOperatorPolicies() : PlainListCommand(
    "list_operator_policies", "[--vhost <vhost>] [--no-table-headers] [--timeout <timeout>]", Section.Policies,
    "Lists operator policy overrides for a virtual host",
    ["vhost", "name", "pattern", "apply-to", "definition", "priority"])
{
    public override string? Banner(Invocation call) =>
        $"Listing operator policy overrides for vhost \"{call.Vhost}\" ...";
}
