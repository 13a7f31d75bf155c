using System.Text.Json;
using Warren.Cli.Help;
using Warren.Cli.Node;

namespace Warren.Cli.Commands;

/// <summary>What one user may do, by virtual host.</summary>
internal sealed class ListUserPermissions() : PlainListCommand(
    "list_user_permissions", "[--no-table-headers] <username>", Section.AccessControl,
    "Lists permissions of a user across all virtual hosts", ["vhost", "configure", "write", "read"])
{
    public override (int Least, int Most) Arguments => (1, 1);

    public override string? Banner(Invocation call) => $"Listing permissions for user \"{call.Arguments[0]}\" ...";

    public override CommandException Explain(Invocation call, NodeRefusal refusal) =>
        refusal.Kind == RefusalKind.NoSuchUser
            ? CommandException.Because(ExitCode.Unavailable, $"{{:no_such_user, \"{call.Arguments[0]}\"}}")
            : base.Explain(call, refusal);

    protected override void WriteArguments(Invocation call, Utf8JsonWriter json, IReadOnlyList<string> columns) =>
        json.WriteString("user", call.Arguments[0]);
}
