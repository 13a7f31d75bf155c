using System.Text.Json;
using Warren.Cli.Help;

namespace Warren.Cli.Commands;

/// <summary>Takes a user the password: logging in by password is over.</summary>
internal sealed class ClearPassword() : ChangeCommand(
    "clear_password", "<username>", Section.Users,
    "Clears (resets) password and disables password login for a user")
{
    public override (int Least, int Most) Arguments => (1, 1);
    public override string[] Guides => ["access-control"];

    public override string? Banner(Invocation call) =>
        $"Clearing password for user \"{call.Arguments[0]}\" ...";

    protected override void WriteArguments(Invocation call, Utf8JsonWriter json)
    {
        json.WriteString("user", call.Arguments[0]);
    }
}
