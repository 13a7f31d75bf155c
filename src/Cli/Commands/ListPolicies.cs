using Warren.Cli.Help;

namespace Warren.Cli.Commands;

/// <summary>The policies of a virtual host.</summary>
internal sealed class ListPolicies() : PlainListCommand(
    "list_policies", "[--vhost <vhost>] [--no-table-headers] [--timeout <timeout>]", Section.Policies,
    "Lists all policies in a virtual host",
    ["vhost", "name", "pattern", "apply-to", "definition", "priority"])
{
    public override string? Banner(Invocation call) => $"Listing policies for vhost \"{call.Vhost}\" ...";

    public override string[] Guides => ["parameters"];
}
