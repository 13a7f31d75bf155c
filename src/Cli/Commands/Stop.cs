using Warren.Cli.CommandLine;
using Warren.Cli.Help;
using Warren.Cli.Node;

namespace Warren.Cli.Commands;

/// <summary>Ends the node, process and all; with a pid file it waits until the process is gone.</summary>
internal sealed class Stop() : Command(
    "stop", "[--idempotent] [<pidfile>]", Section.Nodes,
    "Stops RabbitMQ and its runtime (Erlang VM). Requires a local node pid file path to monitor progress.")
{
    public override NodeState Needs => NodeState.Any;

    public override (int Least, int Most) Arguments => (0, 1);

    public override Switch[] Switches => [new("idempotent", SwitchKind.Flag)];

    public override string? Banner(Invocation call) =>
        $"Stopping and halting node {call.Place.NodeName} ...";

    public override ExitCode Run(Invocation call)
    {
        int? ending = call.Arguments.Count == 0 ? null : NodeEnd.ReadPid(call.Arguments[0]);
        if (ending is null && call.Arguments.Count > 0 && !call.Has("idempotent"))
        {
            throw CommandException.Because(
                ExitCode.Unavailable, $"the pid file {call.Arguments[0]} is not there, or holds no process id");
        }
        try
        {
            call.Node.Ask("stop");
        }
        catch (CommandException error) when (call.Has("idempotent") && error.Code == ExitCode.Unavailable)
        {
            call.Output.WriteLine($"Node {call.Place.NodeName} is no longer running");
            return ExitCode.Ok;
        }
        if (ending is { } processId)
            NodeEnd.Await(processId, call.TimeoutMs);
        return ExitCode.Ok;
    }
}
