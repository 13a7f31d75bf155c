using System.Text.Json;
using Warren.Cli.Help;

namespace Warren.Cli.Commands;

/// <summary>Closes the connections of one user.</summary>
internal sealed class CloseAllUserConnections() : ChangeCommand(
    "close_all_user_connections", "<username> <explanation>", Section.Operations,
    "Instructs the broker to close all connections of the specified user")
{
    public override (int Least, int Most) Arguments => (2, 2);

    public override string? Banner(Invocation call) =>
        $"Closing connections of user {call.Arguments[0]}, reason: {call.Arguments[1]}...";

    protected override void WriteArguments(Invocation call, Utf8JsonWriter json)
    {
        json.WriteString("user", call.Arguments[0]);
        json.WriteString("reason", call.Arguments[1]);
        json.WriteNumber("limit", 0);
        json.WriteNumber("delay_ms", 0);
    }
}
