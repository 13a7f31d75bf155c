namespace Warren.Cli.Commands;

/// <summary>Makes <c>enabled_plugins</c> hold these names and no others; none, if none are given.</summary>
internal sealed class SetPlugins() : ChangePlugins(
    "set", "<plugin1> [ <plugin2>]", "Enables one or more plugins, disables the rest")
{
    public override CommandLine.Switch[] Switches => PluginPlace.Switches;

    protected override string Verb => "Enabling";

    public override string? Validate(Invocation call) => PluginPlace.Validate(call);

    protected override IEnumerable<string> Choose(IReadOnlyList<PluginState> plugins, IEnumerable<string> named) =>
        named;
}
