using System.Text.Json;
using Warren.Cli.Formatting;

namespace Warren.Cli.Commands;

/// <summary>Fails unless the node serves a protocol.</summary>
internal sealed class CheckProtocolListener() : DiagnosticCommand(
    "check_protocol_listener", "<protocol>",
    "Health check that exits with a non-zero code if target node does not have an active listener for given protocol",
    "listeners")
{
    public override (int Least, int Most) Arguments => (1, 1);

    public override string? Banner(Invocation call) =>
        $"Asking node {call.Place.NodeName} if there's an active listener for protocol {call.Arguments[0]} ...";

    // The names that RabbitMQ takes for the protocols of this node.
    private static string Usual(string protocol) => protocol.ToLowerInvariant() switch
    {
        "amqp091" or "amqp0.9.1" or "amqp0-9-1" or "amqp0_9_1" => "amqp",
        "amqps" or "amqp+tls" or "amqp+ssl" or "amqp/tls" => "amqp/ssl",
        "cli" or "distribution" => "clustering",
        var other => other,
    };

    protected override ExitCode Show(Invocation call, JsonElement answer)
    {
        string[] protocols =
        [
            .. answer.GetProperty("listeners").EnumerateArray()
                .Select(one => one.GetProperty("protocol").GetString()!).Distinct().Order(StringComparer.Ordinal),
        ];
        if (!protocols.Contains(Usual(call.Arguments[0])))
        {
            throw Failed(
                $"Error:\nNo listener for protocol {call.Arguments[0]} is active on node {call.Node.NodeName}. "
                + $"Found listeners for the following protocols: {string.Join(", ", protocols)}");
        }
        call.Output.WriteLine($"A listener for protocol {call.Arguments[0]} is running on node {call.Node.NodeName}.");
        return ExitCode.Ok;
    }
}
