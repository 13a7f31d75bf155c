using System.Text.Json;

namespace Warren.Cli.Commands;

/// <summary>What the node runs on, which is not Erlang.</summary>
internal sealed class RuntimeVersion() : DiagnosticCommand(
    "erlang_version", "", "Displays Erlang/OTP version on the target node", "status")
{
    public override Node.NodeState Needs => Node.NodeState.Process;

    public override string? Banner(Invocation call) =>
        $"Asking node {call.Place.NodeName} for its Erlang/OTP version...";

    protected override ExitCode Show(Invocation call, JsonElement answer)
    {
        call.Output.WriteLine(
            $"none: Warren {answer.GetProperty("warren_version").GetString()} runs on "
            + answer.GetProperty("runtime_version").GetString());
        return ExitCode.Ok;
    }
}
