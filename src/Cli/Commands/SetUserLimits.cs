using System.Text.Json;
using Warren.Cli.Help;

namespace Warren.Cli.Commands;

/// <summary>Sets how many connections and channels a user may have.</summary>
internal sealed class SetUserLimits() : ChangeCommand(
    "set_user_limits", "<username> <definition>", Section.Users,
    "Sets user limits")
{
    public override (int Least, int Most) Arguments => (2, 2);

    public override string? Banner(Invocation call) =>
        $"Setting user limits to \"{call.Arguments[1]}\" for user \"{call.Arguments[0]}\" ...";

    protected override void WriteArguments(Invocation call, Utf8JsonWriter json)
    {
        json.WriteString("user", call.Arguments[0]);
        json.WriteString("definition", call.Arguments[1]);
    }
}
