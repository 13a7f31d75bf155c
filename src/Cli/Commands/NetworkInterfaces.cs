using System.Text.Json;
using Warren.Cli.Formatting;

namespace Warren.Cli.Commands;

/// <summary>The network interfaces of the node's machine, with their addresses.</summary>
internal sealed class NetworkInterfaces() : DiagnosticCommand(
    "list_network_interfaces", "", "Lists network interfaces (NICs) on the target node", "list_network_interfaces")
{
    public override Node.NodeState Needs => Node.NodeState.Process;

    public override string? Banner(Invocation call) =>
        $"Asking node {call.Place.NodeName} to report its network interfaces ...";

    protected override ExitCode Show(Invocation call, JsonElement answer)
    {
        JsonElement interfaces = answer.GetProperty("interfaces");
        return Print(call, interfaces, output =>
        {
            foreach (JsonProperty one in interfaces.EnumerateObject())
                output.WriteLine($"Interface: {one.Name}, addresses: {TermText.Of(one.Value).Trim('[', ']')}");
        });
    }
}
