namespace Warren.Cli.Commands;

/// <summary>Adds names to <c>enabled_plugins</c>.</summary>
internal sealed class EnablePlugins() : ChangePlugins(
    "enable", "<plugin1> [ <plugin2>] | --all", "Enables one or more plugins")
{
    protected override string Verb => "Enabling";

    protected override IEnumerable<string> Choose(IReadOnlyList<PluginState> plugins, IEnumerable<string> named)
    {
        string[] names = [.. named];
        return plugins.Where(plugin => plugin.IsExplicit || names.Length == 0 || names.Contains(plugin.Name))
            .Select(plugin => plugin.Name);
    }
}
