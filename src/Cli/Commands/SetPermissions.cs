using System.Text.Json;
using Warren.Cli.Help;
using Warren.Cli.Node;

namespace Warren.Cli.Commands;

/// <summary>What a user may configure, write and read in a virtual host.</summary>
internal sealed class SetPermissions() : ChangeCommand(
    "set_permissions", "[--vhost <vhost>] <username> <conf> <write> <read>", Section.AccessControl,
    "Sets user permissions for a vhost")
{
    public override (int Least, int Most) Arguments => (4, 4);
    public override string[] Guides => ["access-control", "virtual-hosts"];

    public override string Help =>
        """
        <username>
        	Self-explanatory

        <conf>
        	Configuration permission pattern

        <write>
        	Write permission pattern

        <read>
        	Read permission pattern
        """;

    public override CommandException Explain(Invocation call, NodeRefusal refusal) => refusal.Kind switch
    {
        RefusalKind.NoSuchUser =>
            CommandException.Because(ExitCode.NoUser, $"User {call.Arguments[0]} does not exist"),
        RefusalKind.NoSuchVhost =>
            CommandException.Because(ExitCode.Unavailable, $"Virtual host {call.Vhost} does not exist"),
        _ => base.Explain(call, refusal),
    };

    public override string? Banner(Invocation call) =>
        $"Setting permissions for user \"{call.Arguments[0]}\" in vhost \"{call.Vhost}\" ...";

    protected override void WriteArguments(Invocation call, Utf8JsonWriter json)
    {
        json.WriteString("vhost", call.Vhost);
        json.WriteString("user", call.Arguments[0]);
        json.WriteString("configure", call.Arguments[1]);
        json.WriteString("write", call.Arguments[2]);
        json.WriteString("read", call.Arguments[3]);
    }
}
