using System.Text.Json;
using Warren.Cli.Formatting;

namespace Warren.Cli.Commands;

/// <summary>Virtual hosts run when the broker does.</summary>
internal sealed class CheckVirtualHosts() : DiagnosticCommand(
    "check_virtual_hosts", "",
    "Health check that checks if all vhosts are running in the target node", "hello")
{
    public override string? Banner(Invocation call) =>
        $"Checking if all vhosts are running on node {call.Place.NodeName} ...";

    protected override ExitCode Show(Invocation call, JsonElement answer)
    {
        // Virtual hosts do not run apart from the broker, which has just answered.
        call.Output.WriteLine($"Node {call.Node.NodeName} reported all vhosts as running");
        return ExitCode.Ok;
    }
}
