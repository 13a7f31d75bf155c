using Warren.Cli.Help;
using Warren.Cli.Node;

namespace Warren.Cli.Commands;

/// <summary>Where the file of enabled plugins lies; there are no archives, since nothing is loaded.</summary>
internal sealed class PluginDirectories() : Command(
    "directories", "[--offline] [--online]", Section.Monitoring,
    "Displays plugin directory and enabled plugin file paths")
{
    public override NodeState Needs => NodeState.Any;

    public override CommandLine.Switch[] Switches => PluginPlace.Switches;

    public override string[] Guides => ["plugins"];

    public override string? Validate(Invocation call) => PluginPlace.Validate(call);

    public override string? Banner(Invocation call) => call.Has("offline")
        ? "Listing plugin directories inferred from local environment..."
        : $"Listing plugin directories used by node {call.Place.NodeName}";

    public override ExitCode Run(Invocation call)
    {
        string file = call.Has("offline")
            ? call.Place.EnabledPluginsFile
            : call.Node.Ask("plugins").GetProperty("file").GetString()!;
        call.Output.WriteLine("Plugin archives directory: none, all functions are built in");
        call.Output.WriteLine("Plugin expansion directory: none");
        call.Output.WriteLine($"Enabled plugins file: {file}");
        return ExitCode.Ok;
    }
}
