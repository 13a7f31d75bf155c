using Warren.Cli.Help;
using Warren.Cli.Node;

namespace Warren.Cli.Commands;

/// <summary>Fails unless all the plugins named are enabled.</summary>
internal sealed class IsPluginEnabled() : Command(
    "is_enabled", "<plugin1> [ <plugin2>]", Section.Monitoring,
    "Health check that exits with a non-zero code if provided plugins are not enabled on target node")
{
    public override NodeState Needs => NodeState.Process;

    public override (int Least, int Most) Arguments => (1, int.MaxValue);

    public override string? Banner(Invocation call) => call.Arguments.Count == 1
        ? $"Asking node {call.Place.NodeName} if plugin {call.Arguments[0]} is enabled..."
        : $"Asking node {call.Place.NodeName} if plugins {string.Join(", ", call.Arguments)} are enabled...";

    public override ExitCode Run(Invocation call)
    {
        string[] enabled =
            [.. PluginState.All(call).Where(plugin => plugin.IsEnabled).Select(plugin => plugin.Name)];
        string[] missing = [.. call.Arguments.Except(enabled)];
        string node = call.Node.NodeName;
        if (missing.Length > 0)
        {
            string what = missing.Length == 1
                ? $"Plugin {missing[0]} is not"
                : $"Plugins {string.Join(", ", missing)} are not";
            throw CommandException.Because(
                ExitCode.Unavailable,
                $"{what} enabled on node {node}. Enabled plugins and dependencies: {string.Join(", ", enabled)}");
        }
        call.Output.WriteLine(call.Arguments.Count == 1
            ? $"Plugin {call.Arguments[0]} is enabled on node {node}"
            : $"Plugins {string.Join(", ", call.Arguments)} are enabled on node {node}");
        return ExitCode.Ok;
    }
}
