using System.Text.Json;
using Warren.Cli.Help;
using Warren.Cli.Node;

namespace Warren.Cli.Commands;

/// <summary>The node takes new clients again.</summary>
internal sealed class ResumeListeners() : ChangeCommand(
    "resume_listeners", "", Section.Operations,
    "Resumes client connection listeners making them accept client connections again")
{
    public override NodeState Needs => NodeState.AppRunning;

    public override (int Least, int Most) Arguments => (0, 0);

    public override string? Banner(Invocation call) =>
        $"Will resume client connection listeners on node {call.Place.NodeName}. "
        + "The node will now accept client connections";

    protected override void WriteArguments(Invocation call, Utf8JsonWriter json)
    {
        // It takes none.
    }
}
