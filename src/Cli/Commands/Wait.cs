using Warren.Cli.CommandLine;
using Warren.Cli.Help;
using Warren.Cli.Node;

namespace Warren.Cli.Commands;

/// <summary>Waits until the node whose process id is in a file, or given, has started.</summary>
internal sealed class Wait() : Command(
    "wait", "[<pidfile>] [--pid|-P <pid>]", Section.Nodes,
    "Waits for RabbitMQ node startup by monitoring a local PID file. See also 'rabbitmqctl await_online_nodes'")
{
    private const int LookEveryMs = 50;

    public override NodeState Needs => NodeState.Any;

    public override (int Least, int Most) Arguments => (0, 1);

    public override int? DefaultTimeoutMs => 10_000;

    public override Switch[] Switches => [new("pid", SwitchKind.Number, 'P')];

    public override string? Validate(Invocation call) => (call.Arguments.Count, call.Number("pid")) switch
    {
        (0, null) => "No pid or pidfile provided",
        (1, not null) => "Cannot specify both pid and pidfile",
        _ => null,
    };

    public override ExitCode Run(Invocation call)
    {
        int waitedMs = 0;
        int processId;
        if (call.Number("pid") is { } given)
            processId = given;
        else
        {
            call.Say($"Waiting for pid file '{call.Arguments[0]}' to appear");
            processId = Until(call, ref waitedMs, () => NodeEnd.ReadPid(call.Arguments[0]));
        }
        call.Say($"pid is {processId}");
        call.Say(
            $"Waiting for erlang distribution on node '{call.Place.NodeName}' while OS process '{processId}' is "
            + $"running");
        string? waiting = null;
        Until<bool>(call, ref waitedMs, () =>
        {
            if (!NodeEnd.IsThere(processId))
                throw CommandException.Because(ExitCode.Unavailable, "process_not_running");
            return HasStarted(call, out waiting) ? true : null;
        });
        call.Say(
            $"Waiting for applications 'rabbit_and_plugins' to start on node '{call.Place.NodeName}'\n"
            + $"Applications 'rabbit_and_plugins' are running on node '{call.Place.NodeName}'");
        // It is no failure: whoever starts the nodes one after another waits for the first before he starts the next.
        if (waiting is not null)
            call.Output.WriteLine($"It is {waiting}, and serves clients as soon as it has them");
        return ExitCode.Ok;
    }

    private static T Until<T>(Invocation call, ref int waitedMs, Func<T?> look)
        where T : struct
    {
        while (true)
        {
            if (look() is { } found)
                return found;
            if (waitedMs >= call.TimeoutMs)
                throw new TimeoutException();
            Pause.ForMs(LookEveryMs);
            waitedMs += LookEveryMs;
        }
    }

    private static bool HasStarted(Invocation call, out string? waiting)
    {
        waiting = null;
        try
        {
            using NodeConnection node = NodeConnection.Open(call.Place, 1000);
            waiting = node.Waiting;
            return node.IsAppRunning;
        }
        catch (CommandException)
        {
            return false;
        }
    }
}
