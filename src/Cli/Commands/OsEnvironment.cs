using System.Text.Json;

namespace Warren.Cli.Commands;

/// <summary>The variables of the node's process that are RabbitMQ's, without secrets.</summary>
internal sealed class OsEnvironment() : DiagnosticCommand(
    "os_env", "", "Lists RabbitMQ-specific environment variables set on target node", "process")
{
    public override Node.NodeState Needs => Node.NodeState.Process;

    public override string? Banner(Invocation call) =>
        $"Listing RabbitMQ-specific environment variables defined on node {call.Place.NodeName}...";

    protected override ExitCode Show(Invocation call, JsonElement answer)
    {
        JsonElement variables = answer.GetProperty("variables");
        return Print(call, variables, output =>
        {
            JsonProperty[] all = [.. variables.EnumerateObject()];
            if (all.Length == 0)
                output.WriteLine($"Node {call.Node.NodeName} reported no relevant environment variables.");
            foreach (JsonProperty variable in all)
                output.WriteLine($"{variable.Name}={variable.Value.GetString()}");
        });
    }
}
