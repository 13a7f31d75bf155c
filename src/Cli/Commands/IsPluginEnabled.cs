using Warren.Cli.CommandLine;
using Warren.Cli.Help;
using Warren.Cli.Node;

namespace Warren.Cli.Commands;

/// <summary>Fails unless all the plugins named are enabled, at the node or in its file.</summary>
internal sealed class IsPluginEnabled() : Command(
    "is_enabled", "<plugin1> [ <plugin2>] [--offline] [--online]", Section.Monitoring,
    "Health check that exits with a non-zero code if provided plugins are not enabled on target node")
{
    public override NodeState Needs => NodeState.Any;

    public override (int Least, int Most) Arguments => (1, int.MaxValue);

    public override Switch[] Switches => PluginPlace.Switches;

    public override string[] Guides => ["plugins"];

    public override string? Validate(Invocation call) => PluginPlace.Validate(call);

    public override string? Banner(Invocation call) => call.Has("offline")
        ? $"Inferring if {Subject(call.Arguments)} from local environment..."
        : $"Asking node {call.Place.NodeName} if {Subject(call.Arguments)} enabled...";

    public override ExitCode Run(Invocation call)
    {
        if (!call.Has("offline"))
            _ = call.Node;
        string[] enabled =
            [.. PluginPlace.Find(call).Read().Where(plugin => plugin.IsEnabled).Select(plugin => plugin.Name)];
        string[] missing = [.. call.Arguments.Except(enabled)];
        string where = call.Has("offline") ? "" : $" on node {call.Node.NodeName}";
        if (missing.Length > 0)
        {
            throw CommandException.Because(
                ExitCode.Unavailable,
                $"{Capital(Subject(missing))} not enabled{where}. "
                + $"Enabled plugins and dependencies: {string.Join(", ", enabled)}");
        }
        call.Output.WriteLine($"{Capital(Subject(call.Arguments))} enabled{where}");
        return ExitCode.Ok;
    }

    private static string Subject(IReadOnlyList<string> names) => names.Count == 1
        ? $"plugin {names[0]} is"
        : $"plugins {string.Join(", ", names)} are";

    private static string Capital(string text) => char.ToUpperInvariant(text[0]) + text[1..];
}
