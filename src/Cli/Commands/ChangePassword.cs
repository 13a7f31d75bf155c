using System.Text.Json;
using Warren.Cli.Help;

namespace Warren.Cli.Commands;

/// <summary>Gives a user another password.</summary>
internal sealed class ChangePassword() : ChangeCommand(
    "change_password", "<username> <password>", Section.Users,
    "Changes the user password")
{
    public override (int Least, int Most) Arguments => (1, 2);
    public override string[] Guides => ["access-control"];

    public override string? Banner(Invocation call) =>
        $"Changing password for user \"{call.Arguments[0]}\" ...";

    protected override void WriteArguments(Invocation call, Utf8JsonWriter json)
    {
        json.WriteString("user", call.Arguments[0]);
        json.WriteString("password", call.Arguments.Count > 1 ? call.Arguments[1] : Password.Read(call));
    }
}
