using System.Text.RegularExpressions;
using Warren.Cli.CommandLine;
using Warren.Cli.Formatting;
using Warren.Cli.Help;
using Warren.Server.Configuration;

namespace Warren.Cli.Commands;

/// <summary>The plugins by name, and which are enabled.</summary>
internal sealed class ListPlugins() : Command(
    "list", "[pattern] [--verbose] [--minimal] [--enabled] [--implicitly-enabled] [--offline] [--online]",
    Section.Plugins, "Lists plugins and their state")
{
    public override Node.NodeState Needs => Node.NodeState.Process;

    public override (int Least, int Most) Arguments => (0, 1);

    public override Switch[] Switches =>
    [
        .. PluginPlace.Switches,
        new("minimal", SwitchKind.Flag, 'm'), new("verbose", SwitchKind.Flag, 'v'),
        new("enabled", SwitchKind.Flag, 'E'), new("implicitly-enabled", SwitchKind.Flag, 'e'),
    ];

    public override string? Validate(Invocation call)
    {
        if (call.Has("minimal") && call.Has("verbose"))
            return "Cannot set both verbose and minimal";
        try
        {
            _ = new Regex(PatternOf(call));
            return PluginPlace.Validate(call);
        }
        catch (ArgumentException error)
        {
            return $"the pattern cannot be understood: {error.Message}";
        }
    }

    public override string? Banner(Invocation call) => $"Listing plugins with pattern \"{PatternOf(call)}\" ...";

    public override ExitCode Run(Invocation call)
    {
        var pattern = new Regex(PatternOf(call), RegexOptions.None, TimeSpan.FromSeconds(1));
        PluginPlace place = PluginPlace.Find(call);
        PluginState[] plugins =
            [.. place.Read().Where(plugin => pattern.IsMatch(plugin.Name) && Wanted(call, plugin))];
        if (call.Format is Format.Json or Format.JsonStream)
            WriteJson(call, place, plugins);
        else if (call.Has("minimal"))
            Array.ForEach(plugins, plugin => call.Output.WriteLine(plugin.Name));
        else if (call.Has("verbose"))
            Array.ForEach(plugins, plugin => WriteVerbose(call, plugin));
        else
            WriteTable(call, place, plugins);
        return ExitCode.Ok;
    }

    private static string PatternOf(Invocation call) => call.Arguments.Count > 0 ? call.Arguments[0] : ".*";

    private static bool Wanted(Invocation call, PluginState plugin) =>
        call.Has("implicitly-enabled") ? plugin.IsEnabled : !call.Has("enabled") || plugin.IsExplicit;

    private static string Mark(PluginState plugin) =>
        $"[{(plugin.IsExplicit ? 'E' : plugin.IsImplicit ? 'e' : ' ')}{(plugin.IsRunning ? '*' : ' ')}]";

    private static void WriteTable(Invocation call, PluginPlace place, PluginState[] plugins)
    {
        call.Say(
            " Configured: E = explicitly enabled; e = implicitly enabled\n"
            + $" | Status: {(place.IsOffline
                ? $"[failed to contact {call.Place.NodeName} - status not shown]"
                : $"* = running on {call.Node.NodeName}")}\n |/");
        int width = plugins.Length == 0 ? 0 : plugins.Max(plugin => plugin.Name.Length);
        foreach (PluginState plugin in plugins)
            call.Output.WriteLine($"{Mark(plugin)} {plugin.Name.PadRight(width)} {plugin.Version}");
    }

    private static void WriteVerbose(Invocation call, PluginState plugin) => call.Output.WriteLine(
        $"{Mark(plugin)} {plugin.Name}\n     Version:     \t{plugin.Version}\n"
        + $"     Dependencies:\t[{string.Join(',', PluginNames.NeededBy(plugin.Name))}]\n"
        + $"     Description: \t{(PluginNames.IsBuiltIn(plugin.Name)
            ? "built in" : "accepted; this version of Warren has not got what it does")}");

    private static void WriteJson(Invocation call, PluginPlace place, PluginState[] plugins)
    {
        IEnumerable<string> items = plugins.Select(plugin =>
            $"{{\"enabled\":\"{(plugin.IsExplicit ? "enabled" : plugin.IsImplicit ? "implicit" : "not_enabled")}\","
            + $"\"name\":\"{plugin.Name}\",\"running\":{(plugin.IsRunning ? "true" : "false")},"
            + $"\"running_version\":\"{(plugin.IsRunning ? plugin.Version : "")}\",\"version\":\"{plugin.Version}\"}}");
        call.Output.WriteLine(
            $"{{\"format\":\"normal\",\"plugins\":[{string.Join(',', items)}],"
            + $"\"status\":\"{(place.IsOffline ? "node_down" : "running")}\"}}");
    }
}
