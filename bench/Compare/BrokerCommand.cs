namespace Warren.Compare;

/// <summary>Commands of a step that are done to the broker's process, not by the load tool.</summary>
internal static class BrokerCommand
{
    /// <summary>Stop it with SIGTERM and wait until it has gone by itself.</summary>
    internal const string Stop = "stop";

    /// <summary>Take its process away with SIGKILL.</summary>
    internal const string Kill = "kill";

    /// <summary>Start it in the directory it had; the time until the port answers is what is measured.</summary>
    internal const string Start = "start";

    /// <summary>Start it anew in an empty directory.</summary>
    internal const string Fresh = "fresh";

    /// <summary>The last node of a cluster joins it; the time until it serves is what is measured.</summary>
    internal const string Join = "join";

    /// <summary>Every queue that is declared from now on has a member on each node of the cluster.</summary>
    internal const string Mirror = "mirror";

    /// <summary>Stop the last node of a cluster.</summary>
    internal const string StopLast = "stop-last";

    /// <summary>
    /// Before a command of the load tool: while that runs the last node of a cluster is started and catches up, until
    /// the others take it for in step. The time until then and the node's peak memory are measured beside the rest.
    /// </summary>
    internal const string CatchUp = "catch-up ";

    /// <summary>Does the command when it is one of these; null when it is the load tool's.</summary>
    internal static Reading? Run(Broker broker, LoadTool load, string command)
    {
        if (command.StartsWith(CatchUp, StringComparison.Ordinal))
            return RunCatchingUp(broker, load, command[CatchUp.Length..]);
        switch (command)
        {
            case Stop:
                broker.Stop();
                return Reading.None;
            case Kill:
                broker.Kill();
                return Reading.None;
            case Start:
                return Reading.Started(broker.Start());
            case Join:
                return Reading.Started(broker.Join());
            case Mirror:
                broker.MirrorAll();
                return Reading.None;
            case StopLast:
                broker.StopLast();
                return Reading.None;
            case Fresh:
                broker.Discard();
                broker.Start();
                return Reading.None;
            default:
                return null;
        }
    }

    private static Reading RunCatchingUp(Broker broker, LoadTool load, string command)
    {
        Task<Reading> meanwhile = Task.Run(() => load.Run(broker, command));
        (TimeSpan elapsed, double peakMiB) = broker.CatchUp();
        return meanwhile.Result.BesideCatchingUp(elapsed, peakMiB);
    }
}
