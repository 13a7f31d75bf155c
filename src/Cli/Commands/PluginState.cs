namespace Warren.Cli.Commands;

/// <summary>
/// A name that an operator counts on, and whether Warren does what it stands for. There is nothing to load: the node
/// keeps the file <c>enabled_plugins</c>, and the functions are built in.
/// </summary>
/// <param name="Name">The plugin's name.</param>
/// <param name="Version">The version of RabbitMQ whose plugin it stands for.</param>
/// <param name="IsExplicit">It is in the file.</param>
/// <param name="IsImplicit">Another one needs it.</param>
/// <param name="IsRunning">The node does what it stands for.</param>
internal sealed record PluginState(string Name, string Version, bool IsExplicit, bool IsImplicit, bool IsRunning)
{
    public bool IsEnabled => IsExplicit || IsImplicit;
}
