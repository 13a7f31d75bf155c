using System.Text.Json;
using Warren.Cli.CommandLine;
using Warren.Cli.Node;
using Warren.Server.Configuration;

namespace Warren.Cli.Commands;

/// <summary>
/// Where the names of plugins are read and written: at the node, or, when that does not run or <c>--offline</c> says
/// so, in the file that it reads at its start.
/// </summary>
internal sealed class PluginPlace
{
    /// <summary>What all commands about plugins take.</summary>
    public static readonly Switch[] Switches = [new("online", SwitchKind.Flag), new("offline", SwitchKind.Flag)];

    private readonly Invocation _call;

    private PluginPlace(Invocation call, bool isOffline)
    {
        _call = call;
        IsOffline = isOffline;
    }

    /// <summary>The node is not asked.</summary>
    public bool IsOffline { get; }

    /// <summary>Whether a change takes effect at once.</summary>
    public bool IsInEffect => !IsOffline && _call.Node.IsAppRunning;

    public static string? Validate(Invocation call) =>
        call.Has("online") && call.Has("offline") ? "Cannot set both online and offline" : null;

    /// <summary>
    /// The node if it answers; the file if it does not, for a node of this machine and unless <c>--online</c> is given.
    /// </summary>
    public static PluginPlace Find(Invocation call)
    {
        if (call.Has("offline"))
            return new PluginPlace(call, isOffline: true);
        try
        {
            _ = call.Node;
            return new PluginPlace(call, isOffline: false);
        }
        catch (CommandException) when (!call.Has("online") && call.Place.Remote is null)
        {
            return new PluginPlace(call, isOffline: true);
        }
    }

    /// <summary>All plugins, by name.</summary>
    public IReadOnlyList<PluginState> Read() => IsOffline ? ReadFile() : ReadNode();

    /// <summary>These names and no others.</summary>
    public void Write(IReadOnlyList<string> names)
    {
        if (IsOffline)
        {
            WriteFile(names);
            return;
        }
        _call.Node.Ask("set_plugins", json =>
        {
            json.WriteStartArray("plugins");
            foreach (string name in names)
                json.WriteStringValue(name);
            json.WriteEndArray();
        });
    }

    private IReadOnlyList<PluginState> ReadNode() =>
    [
        .. _call.Node.Ask("plugins").GetProperty("plugins").EnumerateArray().Select(plugin => new PluginState(
            plugin.GetProperty("name").GetString()!,
            plugin.GetProperty("version").GetString()!,
            plugin.GetProperty("enabled").GetString() == "enabled",
            plugin.GetProperty("enabled").GetString() == "implicit",
            plugin.GetProperty("running").GetBoolean())),
    ];

    private IReadOnlyList<PluginState> ReadFile()
    {
        string path = _call.Place.EnabledPluginsFile;
        IReadOnlyList<string> enabled;
        try
        {
            enabled = !File.Exists(path) ? [] : PluginNames.Parse(File.ReadAllText(path), out string problem)
                ?? throw CommandException.Because(ExitCode.Configuration, $"{path}: {problem}");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw CommandException.Because(ExitCode.Unavailable, $"{path} cannot be read: {error.Message}");
        }
        IReadOnlySet<string> brought = PluginNames.Brought(enabled);
        return
        [
            .. PluginNames.All.Union(enabled).Order(StringComparer.Ordinal).Select(name => new PluginState(
                name, VersionCommand.RabbitVersion, enabled.Contains(name),
                !enabled.Contains(name) && brought.Contains(name), IsRunning: false)),
        ];
    }

    // A new one in its place, so that a node that starts meanwhile never reads half of it.
    private void WriteFile(IReadOnlyList<string> names)
    {
        string path = _call.Place.EnabledPluginsFile;
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path + ".new", PluginNames.Write(names));
            File.Move(path + ".new", path, overwrite: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw CommandException.Because(ExitCode.Unavailable, $"{path} cannot be written: {error.Message}");
        }
    }
}
