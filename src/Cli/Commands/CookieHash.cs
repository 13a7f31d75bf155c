using System.Text.Json;

namespace Warren.Cli.Commands;

/// <summary>A hash of the node's cookie, so that two nodes' can be compared without being shown.</summary>
internal sealed class CookieHash() : DiagnosticCommand(
    "erlang_cookie_hash", "",
    "Displays a hash of the Erlang cookie (shared secret) used by the target node", "cookie_hash")
{
    public override Node.NodeState Needs => Node.NodeState.Process;

    public override string? Banner(Invocation call) =>
        $"Asking node {call.Place.NodeName} its Erlang cookie hash...";

    protected override ExitCode Show(Invocation call, JsonElement answer)
    {
        call.Output.WriteLine(answer.GetProperty("hash").GetString());
        return ExitCode.Ok;
    }
}
