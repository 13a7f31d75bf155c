using System.Text.Json;
using Warren.Cli.Formatting;

namespace Warren.Cli.Commands;

/// <summary>The certificates of the TLS listeners, as they lie on the node's disk now.</summary>
internal sealed class Certificates() : DiagnosticCommand(
    "certificates", "",
    "Displays certificates (public keys) for every listener on target node that is configured to use TLS",
    "certificates")
{
    public override string[] Guides => ["configure", "ssl"];

    public override string? Banner(Invocation call) => $"Certificates of node {call.Place.NodeName} ...";

    protected override ExitCode Show(Invocation call, JsonElement answer)
    {
        JsonElement listeners = answer.GetProperty("listeners");
        // RabbitMQ's answer when there are none: an empty map of Erlang's.
        return Print(call, listeners, output => output.WriteLine(
            listeners.GetArrayLength() == 0 ? "#{}" : TermErlang.Of(listeners)));
    }
}
