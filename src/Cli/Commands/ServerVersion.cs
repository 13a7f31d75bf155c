using System.Text.Json;
using Warren.Cli.Formatting;

namespace Warren.Cli.Commands;

/// <summary>The version of RabbitMQ that the node stands in for.</summary>
internal sealed class ServerVersion() : DiagnosticCommand(
    "server_version", "",
    "Displays server version on the target node", "hello")
{
    public override Node.NodeState Needs => Node.NodeState.Process;

    public override string? Banner(Invocation call) =>
        $"Asking node {call.Place.NodeName} for its RabbitMQ version...";

    protected override ExitCode Show(Invocation call, JsonElement answer)
    {
        call.Output.WriteLine(answer.GetProperty("product_version").GetString());
        return ExitCode.Ok;
    }
}
