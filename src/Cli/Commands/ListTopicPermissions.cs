using Warren.Cli.Help;

namespace Warren.Cli.Commands;

/// <summary>Who may use which routing keys in a virtual host.</summary>
internal sealed class ListTopicPermissions() : PlainListCommand(
    "list_topic_permissions", "[--vhost <vhost>] [--no-table-headers] [--timeout <timeout>]", Section.AccessControl,
    "Lists topic permissions in a virtual host", ["user", "exchange", "write", "read"])
{
    public override string? Banner(Invocation call) => $"Listing topic permissions for vhost \"{call.Vhost}\" ...";
}
