using Warren.Broker;

namespace Warren.Server.Configuration;

/// <summary>
/// Reads <c>enabled_plugins</c>, an Erlang list of names: <c>[rabbitmq_management,rabbitmq_prometheus].</c>
/// Warren has no plugins to load; the names say what the operator counts on. Pure.
/// </summary>
public static class EnabledPlugins
{
    /// <summary>Every name that is known, in order.</summary>
    public static IReadOnlyList<string> All => PluginNames.All;

    /// <summary>Whether Warren does what the name stands for.</summary>
    public static bool IsBuiltIn(string name) => PluginNames.IsBuiltIn(name);

    /// <summary>The names in the file's order.</summary>
    /// <exception cref="ConfigurationException">The text is not a list of names that ends with a full stop.</exception>
    public static IReadOnlyList<string> Parse(string file, string text) =>
        PluginNames.Parse(text, out string problem) ?? throw new ConfigurationException(file, 1, problem);

    /// <summary>A warning for a name whose function is not there; null when it is built in.</summary>
    public static ConfigurationNote? NoteOn(string source, string name)
    {
        if (PluginNames.IsBuiltIn(name))
            return null;
        return new ConfigurationNote(LogLevel.Warning, PluginNames.IsKnown(name)
            ? $"{source}: {name} is accepted, but what it does is not built yet"
            : $"{source}: {name} is not known to Warren and does nothing; nearest known name: {Nearest(name)}");
    }

    private static string Nearest(string name) =>
        PluginNames.All.MinBy(known => EditDistance.Between(name, known))!;
}
