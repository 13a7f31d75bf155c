using Warren.Cli.CommandLine;
using Warren.Cli.Help;
using Warren.Cli.Node;

namespace Warren.Cli.Commands;

/// <summary>The last lines of the node's log, read by the node: it may be on another host.</summary>
internal sealed class LogTail() : Command(
    "log_tail", "[--number|-N <number>]", Section.Monitoring, "Prints the last N lines of the log on the node")
{
    public override NodeState Needs => NodeState.Process;

    public override int? DefaultTimeoutMs => 60_000;

    public override string[] Guides => ["logging"];

    public override Switch[] Switches => [new("number", SwitchKind.Number, 'N')];

    public override string? Validate(Invocation call) =>
        call.Number("number") is < 1 or > 100_000 ? "--number takes 1 to 100000" : null;

    public override string? Banner(Invocation call) =>
        $"Last {LinesOf(call)} log lines on node {call.Place.NodeName} ...";

    public override ExitCode Run(Invocation call)
    {
        call.Node.Ask(
            Name, json => json.WriteNumber("count", LinesOf(call)),
            row => call.Output.WriteLine(row[0].GetString()));
        return ExitCode.Ok;
    }

    private static int LinesOf(Invocation call) => call.Number("number") ?? 50;
}
