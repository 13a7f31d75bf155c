using System.Text.Json;
using Warren.Server.Configuration;

namespace Warren.Server.Control;

/// <summary>
/// The names in <c>enabled_plugins</c>. Nothing is loaded: a name says what the operator counts on, and some bring
/// others along, as RabbitMQ's plugins do. The file is read when it is asked for, since people edit it.
/// </summary>
internal static class Plugins
{
    /// <summary>The names in the file; none when there is no file.</summary>
    /// <exception cref="ControlRefusalException">It cannot be read.</exception>
    public static IReadOnlyList<string> Enabled(NodeHost host)
    {
        string path = host.Options.Places.EnabledPluginsFile;
        try
        {
            return File.Exists(path) ? EnabledPlugins.Parse(path, File.ReadAllText(path)) : [];
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ConfigurationException)
        {
            throw ControlRefusalException.Because($"{path} cannot be read: {error.Message}");
        }
    }

    public static void Write(Utf8JsonWriter json, NodeHost host)
    {
        IReadOnlyList<string> enabled = Enabled(host);
        IReadOnlySet<string> brought = PluginNames.Brought(enabled);
        json.WriteString("file", host.Options.Places.EnabledPluginsFile);
        json.WriteStartArray("plugins");
        foreach (string plugin in EnabledPlugins.All.Union(enabled).Order(StringComparer.Ordinal))
        {
            bool isExplicit = enabled.Contains(plugin);
            json.WriteStartObject();
            json.WriteString("name", plugin);
            json.WriteString("version", host.Options.Broker.ProductVersion);
            json.WriteString(
                "enabled", isExplicit ? "enabled" : brought.Contains(plugin) ? "implicit" : "not_enabled");
            json.WriteBoolean(
                "running",
                host.Node is not null && EnabledPlugins.IsBuiltIn(plugin)
                && (isExplicit || brought.Contains(plugin)));
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    /// <summary>Writes the file: a new one in its place, so that no reader ever sees half of it.</summary>
    /// <exception cref="ControlRefusalException">It cannot be written, or a name is none.</exception>
    public static void Set(NodeHost host, IReadOnlyList<string> names)
    {
        string path = host.Options.Places.EnabledPluginsFile;
        foreach (string name in names)
        {
            if (!EnabledPlugins.All.Contains(name) && !Enabled(host).Contains(name))
                throw new ControlRefusalException(ControlRefusalException.NotFoundKind, $"there is no plugin {name}");
        }
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path + ".new", PluginNames.Write(names));
            File.Move(path + ".new", path, overwrite: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw ControlRefusalException.Because($"{path} cannot be written: {error.Message}");
        }
    }
}
