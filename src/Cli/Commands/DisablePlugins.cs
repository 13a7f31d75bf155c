using Warren.Server.Configuration;

namespace Warren.Cli.Commands;

/// <summary>Takes names out of <c>enabled_plugins</c>, and with them those that bring them along.</summary>
internal sealed class DisablePlugins() : ChangePlugins(
    "disable", "<plugin1> [ <plugin2>] | --all", "Disables one or more plugins")
{
    protected override string Verb => "Disabling";

    protected override IEnumerable<string> Choose(IReadOnlyList<PluginState> plugins, IEnumerable<string> named)
    {
        string[] names = [.. named];
        return names.Length == 0
            ? []
            : plugins.Where(plugin => plugin.IsExplicit && !names.Contains(plugin.Name))
                .Where(plugin => !PluginNames.Brought([plugin.Name]).Overlaps(names))
                .Select(plugin => plugin.Name);
    }
}
