namespace Warren.Cli.Commands;

/// <summary>Adds names to <c>enabled_plugins</c>.</summary>
internal sealed class EnablePlugins() : ChangePlugins(
    "enable", "<plugin1> [ <plugin2>] | --all", "Enables one or more plugins")
{
    public override (int Least, int Most) Arguments => (0, int.MaxValue);

    protected override string Verb => "Enabling";

    public override string? Validate(Invocation call) => (call.Has("all"), call.Arguments.Count) switch
    {
        (false, 0) => "not enough arguments.",
        (true, > 0) => "Cannot set both --all and a list of plugins",
        _ => null,
    };

    protected override IEnumerable<string> Choose(IReadOnlyList<PluginState> plugins, IEnumerable<string> named)
    {
        string[] names = [.. named];
        return plugins.Where(plugin => plugin.IsExplicit || names.Length == 0 || names.Contains(plugin.Name))
            .Select(plugin => plugin.Name);
    }
}
