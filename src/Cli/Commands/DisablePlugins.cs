namespace Warren.Cli.Commands;

/// <summary>Takes names out of <c>enabled_plugins</c>.</summary>
internal sealed class DisablePlugins() : ChangePlugins(
    "disable", "<plugin1> [ <plugin2>] | --all", "Disables one or more plugins")
{
    public override (int Least, int Most) Arguments => (0, int.MaxValue);

    protected override string Verb => "Disabling";

    public override string? Validate(Invocation call) => (call.Has("all"), call.Arguments.Count) switch
    {
        (false, 0) => "not enough arguments.",
        (true, > 0) => "Cannot set both --all and a list of plugins",
        _ => null,
    };

    protected override IEnumerable<string> Choose(IReadOnlyList<PluginState> plugins, IEnumerable<string> named)
    {
        string[] names = [.. named];
        return names.Length == 0
            ? []
            : plugins.Where(plugin => plugin.IsExplicit && !names.Contains(plugin.Name)).Select(plugin => plugin.Name);
    }
}
