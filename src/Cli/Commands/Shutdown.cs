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

    // RabbitMQ's own words: the process of another host cannot be watched from here.
    public override string? Validate(Invocation call) => call.Place.Remote is null || call.Text("wait") == "false"
        ? null
        : $"\nThis command can only --wait for shutdown of local nodes but node {call.Place.NodeName} is remote "
            + $"(local hostname: {call.Environment.HostName}, remote: {call.Place.Remote.Address.Host}).\n"
            + $"Pass --no-wait to shut node {call.Place.NodeName} down without waiting.\n";

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
