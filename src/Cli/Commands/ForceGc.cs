using System.Text.Json;
using Warren.Cli.Help;
using Warren.Cli.Node;

namespace Warren.Cli.Commands;

/// <summary>The node gives back what memory it can.</summary>
internal sealed class ForceGc() : ChangeCommand(
    "force_gc", "", Section.Operations,
    "Makes all Erlang processes on the target node perform/schedule a full sweep garbage collection")
{
    public override NodeState Needs => NodeState.AppRunning;

    public override (int Least, int Most) Arguments => (0, 0);

    public override string? Banner(Invocation call) =>
        $"Will ask all processes on node {call.Place.NodeName} to schedule a full sweep GC";

    protected override void WriteArguments(Invocation call, Utf8JsonWriter json)
    {
        // It takes none.
    }
}
