using System.Text.Json;
using Warren.Cli.Help;

namespace Warren.Cli.Commands;

/// <summary>
/// Closes one client's connection, given by the pid that <c>list_connections</c> shows, or by its name.
/// </summary>
internal sealed class CloseConnection() : ChangeCommand(
    "close_connection", "<connection pid> <explanation>", Section.Operations,
    "Instructs the broker to close the connection associated with the Erlang process id")
{
    public override (int Least, int Most) Arguments => (2, 2);

    public override string? Banner(Invocation call) =>
        $"Closing connection {call.Arguments[0]}, reason: {call.Arguments[1]}...";

    protected override void WriteArguments(Invocation call, Utf8JsonWriter json)
    {
        json.WriteString("connection", call.Arguments[0]);
        json.WriteString("reason", call.Arguments[1]);
    }
}
