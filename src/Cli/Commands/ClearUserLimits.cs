using System.Text.Json;
using Warren.Cli.Help;

namespace Warren.Cli.Commands;

/// <summary>Takes a user one limit, or all.</summary>
internal sealed class ClearUserLimits() : ChangeCommand(
    "clear_user_limits", "<username> <limit_type> | all", Section.Users,
    "Clears user connection/channel limits")
{
    public override (int Least, int Most) Arguments => (2, 2);

    public override string? Banner(Invocation call) =>
        call.Arguments[1] == "all"
            ? $"Clearing all limits for user \"{call.Arguments[0]}\" ..."
            : $"Clearing \"{call.Arguments[1]}\" limit for user \"{call.Arguments[0]}\" ...";

    protected override void WriteArguments(Invocation call, Utf8JsonWriter json)
    {
        json.WriteString("user", call.Arguments[0]);
        json.WriteString("limit", call.Arguments[1]);
    }
}
