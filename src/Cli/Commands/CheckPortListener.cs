using System.Text.Json;
using Warren.Cli.Formatting;

namespace Warren.Cli.Commands;

/// <summary>Fails unless the node listens on a port.</summary>
internal sealed class CheckPortListener() : DiagnosticCommand(
    "check_port_listener", "<port>",
    "Health check that exits with a non-zero code if target node does not have an active listener for given port",
    "listeners")
{
    public override (int Least, int Most) Arguments => (1, 1);

    public override string? Banner(Invocation call) =>
        $"Asking node {call.Place.NodeName} if there's an active listener on port {call.Arguments[0]} ...";

    protected override ExitCode Show(Invocation call, JsonElement answer)
    {
        string[] ports =
            [.. answer.GetProperty("listeners").EnumerateArray().Select(one => one.GetProperty("port").GetRawText())];
        if (!ports.Contains(call.Arguments[0]))
        {
            throw Failed(
                $"No listener for port {call.Arguments[0]} is active on node {call.Node.NodeName}. "
                + $"Found listeners that use the following ports: {string.Join(", ", ports)}");
        }
        call.Output.WriteLine($"A listener for port {call.Arguments[0]} is running on node {call.Node.NodeName}.");
        return ExitCode.Ok;
    }
}
