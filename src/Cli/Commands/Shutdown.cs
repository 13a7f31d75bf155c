using Warren.Cli.CommandLine;
using Warren.Cli.Help;
using Warren.Cli.Node;

namespace Warren.Cli.Commands;

/// <summary>Ends the node and waits until its process is gone, unless told not to.</summary>
internal sealed class Shutdown() : Command(
    "shutdown", "[--wait]", Section.Nodes,
    "Stops RabbitMQ and its runtime (Erlang VM). Monitors progress for local nodes. "
    + "Does not require a PID file path.")
{
    public override NodeState Needs => NodeState.Process;

    public override int? DefaultTimeoutMs => 120_000;

    public override Switch[] Switches => [new("wait", SwitchKind.Flag)];

    public override string? Banner(Invocation call) =>
        $"Shutting down RabbitMQ node {call.Place.NodeName} running at PID {call.Node.ProcessId}";

    public override ExitCode Run(Invocation call)
    {
        call.Node.Ask("stop");
        if (call.Text("wait") == "false")
            return ExitCode.Ok;
        call.Say($"Waiting for PID {call.Node.ProcessId} to terminate");
        NodeEnd.Await(call.Node.ProcessId, call.TimeoutMs);
        call.Say($"RabbitMQ node {call.Node.NodeName} running at PID {call.Node.ProcessId} successfully shut down");
        return ExitCode.Ok;
    }
}
