using System.Text.Json;
using Warren.Cli.Help;
using Warren.Cli.Node;

namespace Warren.Cli.Commands;

/// <summary>Takes a user all permissions in a virtual host.</summary>
internal sealed class ClearPermissions() : ChangeCommand(
    "clear_permissions", "[--vhost <vhost>] <username>", Section.AccessControl,
    "Revokes user permissions for a vhost")
{
    public override (int Least, int Most) Arguments => (1, 1);

    public override CommandException Explain(Invocation call, NodeRefusal refusal) => refusal.Kind switch
    {
        RefusalKind.NoSuchUser =>
            CommandException.Because(ExitCode.NoUser, $"User {call.Arguments[0]} does not exist"),
        RefusalKind.NoSuchVhost =>
            CommandException.Because(ExitCode.Unavailable, $"Virtual host {call.Vhost} does not exist"),
        _ => base.Explain(call, refusal),
    };

    public override string? Banner(Invocation call) =>
        $"Clearing permissions for user \"{call.Arguments[0]}\" in vhost \"{call.Vhost}\" ...";

    protected override void WriteArguments(Invocation call, Utf8JsonWriter json)
    {
        json.WriteString("vhost", call.Vhost);
        json.WriteString("user", call.Arguments[0]);
    }
}
