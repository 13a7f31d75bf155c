using Warren.Cli.CommandLine;
using Warren.Cli.Help;
using Warren.Cli.Node;
using Warren.Server.Configuration;

namespace Warren.Cli.Commands;

/// <summary>What enabling, disabling and setting plugins have in common.</summary>
internal abstract class ChangePlugins(string name, string usage, string summary)
    : Command(name, usage + " [--offline] [--online]", Section.Plugins, summary)
{
    public override NodeState Needs => NodeState.Any;

    public override (int Least, int Most) Arguments => (0, int.MaxValue);

    public override Switch[] Switches => [.. PluginPlace.Switches, new("all", SwitchKind.Flag)];

    public override string[] Guides => ["plugins"];

    public override string Help =>
        """
        <plugin1> [ <plugin2>]
        	names of plugins separated by a space

        --online
        	contact target node. Changes are applied immediately.

        --offline
        	update enabled plugins file directly without contacting target node.
        	Changes will be delayed until the node is restarted.

        Without either the node is told if it runs, and the file is changed if it does not.
        """;

    public override string? Validate(Invocation call) => (call.Has("all"), call.Arguments.Count) switch
    {
        (false, 0) => "not enough arguments.",
        (true, > 0) => "Cannot set both --all and a list of plugins",
        _ => PluginPlace.Validate(call),
    };

    public override string? Banner(Invocation call) => call.Has("all")
        ? $"{Verb} ALL plugins on node {call.Place.NodeName}"
        : $"{Verb} plugins on node {call.Place.NodeName}:\n{string.Join('\n', Names(call))}";

    /// <summary>Enabling, Disabling.</summary>
    protected abstract string Verb { get; }

    /// <summary>The names that will be in the file, given those that are and those on the line.</summary>
    protected abstract IEnumerable<string> Choose(IReadOnlyList<PluginState> plugins, IEnumerable<string> named);

    public override ExitCode Run(Invocation call)
    {
        PluginPlace place = PluginPlace.Find(call);
        IReadOnlyList<PluginState> before = place.Read();
        string[] unknown = [.. Names(call).Where(named => before.All(plugin => plugin.Name != named))];
        if (unknown.Length > 0)
        {
            throw CommandException.Because(
                ExitCode.Software, $"{{:plugins_not_found, [{string.Join(", ", unknown.Select(one => $":{one}"))}]}}");
        }
        string[] chosen = [.. Choose(before, Names(call)).Distinct().Order(StringComparer.Ordinal)];
        place.Write(chosen);
        Tell(call, place, before, place.Read());
        return ExitCode.Ok;
    }

    private static IEnumerable<string> Names(Invocation call) =>
        call.Arguments.SelectMany(word => word.Split(',', StringSplitOptions.RemoveEmptyEntries));

    private static void Tell(
        Invocation call, PluginPlace place, IReadOnlyList<PluginState> before, IReadOnlyList<PluginState> after)
    {
        PluginState[] enabled = [.. after.Where(plugin => plugin.IsEnabled)];
        if (enabled.Length == 0)
            call.Output.WriteLine("All plugins have been disabled.");
        else
        {
            call.Output.WriteLine("The following plugins have been configured:");
            Write(call, enabled);
        }
        call.Output.WriteLine($"Applying plugin configuration to {call.Place.NodeName}...");
        PluginState[] added = [.. enabled.Where(plugin => !WasEnabled(before, plugin))];
        PluginState[] removed =
            [.. before.Where(plugin => plugin.IsEnabled && !enabled.Any(other => other.Name == plugin.Name))];
        if (added.Length == 0 && removed.Length == 0)
        {
            call.Output.WriteLine("Plugin configuration unchanged.");
            return;
        }
        Changed(call, "enabled", added);
        Changed(call, "disabled", removed);
        call.Output.WriteLine();
        if (place.IsInEffect)
        {
            call.Output.WriteLine(
                Count(added.Count(plugin => plugin.IsRunning), removed.Count(plugin => plugin.IsRunning)));
        }
        else
        {
            call.Output.WriteLine(
                enabled.Length == 0 ? "nothing to do." : $"set {enabled.Length} plugins.");
            call.Output.WriteLine("Offline change; changes will take effect at broker restart.");
        }
        TellWhatIsMissing(call, added);
    }

    private static bool WasEnabled(IReadOnlyList<PluginState> before, PluginState plugin) =>
        before.Any(other => other.Name == plugin.Name && other.IsEnabled);

    private static string Count(int started, int stopped) => (started, stopped) switch
    {
        (0, 0) => "nothing to do.",
        (_, 0) => $"started {started} plugins.",
        (0, _) => $"stopped {stopped} plugins.",
        _ => $"started {started} plugins and stopped {stopped} plugins.",
    };

    // Whoever has enabled it counts on it: he is told now, not by a port that nobody opens.
    private static void TellWhatIsMissing(Invocation call, PluginState[] added)
    {
        string[] missing =
            [.. added.Select(plugin => plugin.Name).Where(plugin => !PluginNames.IsBuiltIn(plugin))];
        if (missing.Length > 0)
        {
            call.Output.WriteLine(
                "Remembered, but without effect: this version of Warren has not got what is behind "
                + string.Join(", ", missing) + ".");
        }
    }

    private static void Changed(Invocation call, string what, PluginState[] plugins)
    {
        if (plugins.Length == 0)
            return;
        call.Output.WriteLine($"The following plugins have been {what}:");
        Write(call, plugins);
    }

    private static void Write(Invocation call, IEnumerable<PluginState> plugins)
    {
        foreach (PluginState plugin in plugins)
            call.Output.WriteLine($"  {plugin.Name}");
    }
}
