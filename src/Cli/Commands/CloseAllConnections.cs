using System.Text.Json;
using Warren.Cli.CommandLine;
using Warren.Cli.Help;

namespace Warren.Cli.Commands;

/// <summary>Closes the connections to a virtual host, or all of the node, if need be some at a time.</summary>
internal sealed class CloseAllConnections() : ChangeCommand(
    "close_all_connections",
    "[--vhost <vhost> --limit <limit>] [-n <node> --global] [--per-connection-delay <delay>] <explanation>",
    Section.Operations,
    "Instructs the broker to close all connections for the specified vhost or entire RabbitMQ node")
{
    public override (int Least, int Most) Arguments => (1, 1);

    public override Switch[] Switches =>
    [
        new("global", SwitchKind.Flag), new("limit", SwitchKind.Number),
        new("per-connection-delay", SwitchKind.Number),
    ];

    public override string? Banner(Invocation call) => call.Has("global")
        ? $"Closing all connections to node {call.Place.NodeName} (global), reason: {call.Arguments[0]}..."
        : $"Closing all connections in vhost {call.Vhost}, reason: {call.Arguments[0]}...";

    protected override void WriteArguments(Invocation call, Utf8JsonWriter json)
    {
        json.WriteString("reason", call.Arguments[0]);
        if (!call.Has("global"))
            json.WriteString("vhost", call.Vhost);
        json.WriteNumber("limit", call.Number("limit") ?? 0);
        json.WriteNumber("delay_ms", call.Number("per-connection-delay") ?? 0);
    }

    protected override string? Done(Invocation call, JsonElement result) =>
        $"Closed {result.GetProperty("closed").GetInt32()} connections";
}
