using System.Text.Json;
using Warren.Cli.Formatting;

namespace Warren.Cli.Commands;

/// <summary>Fails unless every listener of the node accepts a connection.</summary>
internal sealed class CheckPortConnectivity() : DiagnosticCommand(
    "check_port_connectivity", "",
    "Basic TCP connectivity health check for each listener's port on the target node", "check_port_connectivity")
{
    public override string? Banner(Invocation call) =>
        $"Testing TCP connections to all active listeners on node {call.Place.NodeName} ...";

    protected override ExitCode Show(Invocation call, JsonElement answer)
    {
        string[] failed = [.. answer.GetProperty("failed").EnumerateArray().Select(TermText.Of)];
        string ports = string.Join(", ", answer.GetProperty("ports").EnumerateArray().Select(TermText.Of));
        if (failed.Length > 0)
        {
            throw Failed(
                $"Error:\nConnection to ports of the following listeners failed on node {call.Node.NodeName}: "
                + string.Join(", ", failed));
        }
        call.Output.WriteLine($"Successfully connected to ports {ports} on node {call.Node.NodeName}.");
        return ExitCode.Ok;
    }
}
