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

    /// <summary>Does the command when it is one of these; null when it is the load tool's.</summary>
    internal static Reading? Run(Broker broker, string command)
    {
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
            case Fresh:
                broker.Discard();
                broker.Start();
                return Reading.None;
            default:
                return null;
        }
    }
}
