using System.Text.Json;

namespace Warren.Cli.Commands;

/// <summary>What the node's process was called with.</summary>
internal sealed class CommandLineArguments() : DiagnosticCommand(
    "command_line_arguments", "",
    "Displays target node's command-line arguments and flags as reported by the runtime", "process")
{
    public override Node.NodeState Needs => Node.NodeState.Process;

    public override string? Banner(Invocation call) => $"Command line arguments of node {call.Place.NodeName} ...";

    protected override ExitCode Show(Invocation call, JsonElement answer)
    {
        JsonElement arguments = answer.GetProperty("arguments");
        return Print(call, arguments, output =>
        {
            foreach (JsonElement argument in arguments.EnumerateArray())
                output.WriteLine(argument.GetString());
        });
    }
}
