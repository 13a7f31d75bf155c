using System.Text.Json;
using Warren.Cli.Help;

namespace Warren.Cli.Commands;

/// <summary>Removes a user.</summary>
internal sealed class DeleteUser() : ChangeCommand(
    "delete_user", "<username>", Section.Users,
    "Removes a user from the internal database. Has no effect on users provided by external backends such as LDAP")
{
    public override (int Least, int Most) Arguments => (1, 1);
    public override string[] Guides => ["access-control"];

    public override string? Banner(Invocation call) =>
        $"Deleting user \"{call.Arguments[0]}\" ...";

    protected override void WriteArguments(Invocation call, Utf8JsonWriter json)
    {
        json.WriteString("user", call.Arguments[0]);
    }
}
