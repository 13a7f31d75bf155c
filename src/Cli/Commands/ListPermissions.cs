using Warren.Cli.Help;

namespace Warren.Cli.Commands;

/// <summary>Who may do what in a virtual host.</summary>
internal sealed class ListPermissions() : PlainListCommand(
    "list_permissions", "[--vhost <vhost>] [--no-table-headers] [--timeout <timeout>]", Section.AccessControl,
    "Lists user permissions in a virtual host", ["user", "configure", "write", "read"])
{
    public override string? Banner(Invocation call) => $"Listing permissions for vhost \"{call.Vhost}\" ...";
}
