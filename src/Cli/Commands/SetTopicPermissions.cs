using System.Text.Json;
using Warren.Cli.Help;
using Warren.Cli.Node;

namespace Warren.Cli.Commands;

/// <summary>Which routing keys a user may write and read at an exchange.</summary>
internal sealed class SetTopicPermissions() : ChangeCommand(
    "set_topic_permissions", "[--vhost <vhost>] <username> <exchange> <write> <read>", Section.AccessControl,
    "Sets user topic permissions for an exchange")
{
    public override (int Least, int Most) Arguments => (4, 4);

    public override CommandException Explain(Invocation call, NodeRefusal refusal) => refusal.Kind switch
    {
        RefusalKind.NoSuchUser =>
            CommandException.Because(ExitCode.NoUser, $"User {call.Arguments[0]} does not exist"),
        RefusalKind.NoSuchVhost =>
            CommandException.Because(ExitCode.Unavailable, $"Virtual host {call.Vhost} does not exist"),
        _ => base.Explain(call, refusal),
    };

    public override string? Banner(Invocation call) =>
        $"Setting topic permissions on \"{call.Arguments[1]}\" for user \"{call.Arguments[0]}\" in vhost "
        + $"\"{call.Vhost}\" ...";

    protected override void WriteArguments(Invocation call, Utf8JsonWriter json)
    {
        json.WriteString("vhost", call.Vhost);
        json.WriteString("user", call.Arguments[0]);
        json.WriteString("exchange", call.Arguments[1]);
        json.WriteString("write", call.Arguments[2]);
        json.WriteString("read", call.Arguments[3]);
    }
}
