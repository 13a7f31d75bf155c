using System.Text.Json;

namespace Warren.Cli.Commands;

/// <summary>
/// The names that an operator counts on, and whether Warren does what they stand for. There is nothing to load: the
/// node keeps the file <c>enabled_plugins</c>, and the functions are built in.
/// </summary>
/// <param name="Name">The plugin's name.</param>
/// <param name="Version">The version of RabbitMQ whose plugin it stands for.</param>
/// <param name="IsExplicit">It is in the file.</param>
/// <param name="IsImplicit">Another one needs it.</param>
/// <param name="IsRunning">The node does what it stands for.</param>
internal sealed record PluginState(string Name, string Version, bool IsExplicit, bool IsImplicit, bool IsRunning)
{
    public bool IsEnabled => IsExplicit || IsImplicit;

    public static IReadOnlyList<PluginState> All(Invocation call)
    {
        JsonElement answer = call.Node.Ask("plugins");
        return
        [
            .. answer.GetProperty("plugins").EnumerateArray().Select(plugin => new PluginState(
                plugin.GetProperty("name").GetString()!,
                plugin.GetProperty("version").GetString()!,
                plugin.GetProperty("enabled").GetString() == "enabled",
                plugin.GetProperty("enabled").GetString() == "implicit",
                plugin.GetProperty("running").GetBoolean())),
        ];
    }
}
