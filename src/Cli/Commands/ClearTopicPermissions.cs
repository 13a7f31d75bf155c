using System.Text.Json;
using Warren.Cli.Help;
using Warren.Cli.Node;

namespace Warren.Cli.Commands;

/// <summary>Takes a user the rules for routing keys.</summary>
internal sealed class ClearTopicPermissions() : ChangeCommand(
    "clear_topic_permissions", "[--vhost <vhost>] <username> [<exchange>]", Section.AccessControl,
    "Clears user topic permissions for a vhost or exchange")
{
    public override (int Least, int Most) Arguments => (1, 2);

    public override CommandException Explain(Invocation call, NodeRefusal refusal) => refusal.Kind switch
    {
        RefusalKind.NoSuchUser =>
            CommandException.Because(ExitCode.NoUser, $"User {call.Arguments[0]} does not exist"),
        RefusalKind.NoSuchVhost =>
            CommandException.Because(ExitCode.Unavailable, $"Virtual host {call.Vhost} does not exist"),
        _ => base.Explain(call, refusal),
    };

    public override string? Banner(Invocation call) =>
        call.Arguments.Count > 1
            ? $"Clearing topic permissions on \"{call.Arguments[1]}\" for user \"{call.Arguments[0]}\" in vhost "
                + $"\"{call.Vhost}\" ..."
            : $"Clearing topic permissions for user \"{call.Arguments[0]}\" in vhost \"{call.Vhost}\" ...";

    protected override void WriteArguments(Invocation call, Utf8JsonWriter json)
    {
        json.WriteString("vhost", call.Vhost);
        json.WriteString("user", call.Arguments[0]);
        if (call.Arguments.Count > 1)
            json.WriteString("exchange", call.Arguments[1]);
    }
}
