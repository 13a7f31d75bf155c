using Warren.Cli.CommandLine;
using Warren.Cli.Help;
using Warren.Cli.Node;

namespace Warren.Cli.Commands;

/// <summary>What the node logs from now on, for some seconds or until it is interrupted.</summary>
internal sealed class LogTailStream() : Command(
    "log_tail_stream", "[--duration|-d <seconds>]", Section.Monitoring,
    "Streams logs from a running node for a period of time")
{
    public override NodeState Needs => NodeState.Process;

    public override string[] Guides => ["logging"];

    public override Switch[] Switches => [new("duration", SwitchKind.Number, 'd')];

    public override string Help =>
        """
        <duration_in_seconds>
        	duration in seconds to stream log. Without it, until interrupted, an hour at most
        """;

    public override string? Banner(Invocation call) => call.Number("duration") is { } seconds
        ? $"Streaming logs from node {call.Place.NodeName} for {seconds} seconds ..."
        : $"Streaming logs from node {call.Place.NodeName} ...";

    public override ExitCode Run(Invocation call)
    {
        call.Output.Flush();
        call.Node.Ask(
            "log_tail",
            json =>
            {
                json.WriteNumber("count", 0);
                json.WriteBoolean("follows", true);
                if (call.Number("duration") is { } seconds)
                    json.WriteNumber("seconds", seconds);
            },
            row =>
            {
                call.Output.WriteLine(row[0].GetString());
                call.Output.Flush();
            });
        return ExitCode.Ok;
    }
}
