using System.Text.Json;
using Warren.Cli.Help;
using Warren.Cli.Node;

namespace Warren.Cli.Commands;

/// <summary>What a user may configure, write and read in each virtual host that there is now.</summary>
internal sealed class SetPermissionsGlobally() : Command(
    "set_permissions_globally", "<username> <conf> <write> <read>", Section.AccessControl,
    "Sets user permissions for all virtual hosts")
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

    public override CommandException Explain(Invocation call, NodeRefusal refusal) =>
        refusal.Kind == RefusalKind.NoSuchUser
            ? CommandException.Because(ExitCode.NoUser, $"User {call.Arguments[0]} does not exist")
            : base.Explain(call, refusal);

    public override string? Banner(Invocation call) =>
        $"Setting permissions for user \"{call.Arguments[0]}\" in all virtual hosts ...";

    public override ExitCode Run(Invocation call)
    {
        foreach (string vhost in Vhosts(call))
        {
            call.Node.Ask("set_permissions", json =>
            {
                json.WriteString("vhost", vhost);
                json.WriteString("user", call.Arguments[0]);
                json.WriteString("configure", call.Arguments[1]);
                json.WriteString("write", call.Arguments[2]);
                json.WriteString("read", call.Arguments[3]);
            });
        }
        return ExitCode.Ok;
    }

    /// <summary>The names of all virtual hosts.</summary>
    public static IReadOnlyList<string> Vhosts(Invocation call)
    {
        var names = new List<string>();
        call.Node.Ask(
            "list_vhosts",
            json =>
            {
                json.WriteStartArray("columns");
                json.WriteStringValue("name");
                json.WriteEndArray();
            },
            row => names.Add(row[0].GetString()!));
        return names;
    }
}
