using System.Text.Json;
using Warren.Cli.Help;
using Warren.Cli.Node;

namespace Warren.Cli.Commands;

/// <summary>Where the file of enabled plugins lies; there are no archives, since nothing is loaded.</summary>
internal sealed class PluginDirectories() : Command(
    "directories", "[--offline] [--online]", Section.Monitoring,
    "Displays plugin directory and enabled plugin file paths")
{
    public override NodeState Needs => NodeState.Process;

    public override string? Banner(Invocation call) =>
        $"Listing plugin directories used by node {call.Place.NodeName}";

    public override ExitCode Run(Invocation call)
    {
        JsonElement answer = call.Node.Ask("plugins");
        call.Output.WriteLine("Plugin archives directory: none, all functions are built in");
        call.Output.WriteLine("Plugin expansion directory: none");
        call.Output.WriteLine($"Enabled plugins file: {answer.GetProperty("file").GetString()}");
        return ExitCode.Ok;
    }
}
