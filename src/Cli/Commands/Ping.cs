using Warren.Cli.Help;
using Warren.Cli.Node;

namespace Warren.Cli.Commands;

/// <summary>Whether the node's process answers.</summary>
internal sealed class Ping() : Command(
    "ping", "", Section.Monitoring,
    "Checks that the node OS process is up, registered with EPMD and CLI tools can authenticate with it")
{
    public override NodeState Needs => NodeState.Any;

    public override int? DefaultTimeoutMs => 60_000;

    public override string? Banner(Invocation call) =>
        $"Will ping {call.Place.NodeName}. This only checks if the OS process is running and registered with epmd. "
        + $"Timeout: {call.TimeoutMs} ms.";

    public override ExitCode Run(Invocation call)
    {
        call.Node.Ask(Name);
        call.Output.WriteLine("Ping succeeded");
        return ExitCode.Ok;
    }
}
