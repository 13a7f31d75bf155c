using System.Text.Json;
using Warren.Cli.CommandLine;
using Warren.Cli.Help;
using Warren.Cli.Node;

namespace Warren.Cli.Commands;

/// <summary>What enabling, disabling and setting plugins have in common.</summary>
internal abstract class ChangePlugins(string name, string usage, string summary)
    : Command(name, usage, Section.Plugins, summary)
{
    public override NodeState Needs => NodeState.Process;

    public override (int Least, int Most) Arguments => (1, int.MaxValue);

    public override Switch[] Switches => [new("all", SwitchKind.Flag)];

    public override string? Banner(Invocation call) =>
        $"{Verb} plugins on node {call.Place.NodeName}:\n{string.Join('\n', Names(call))}";

    /// <summary>Enabling, Disabling.</summary>
    protected abstract string Verb { get; }

    /// <summary>The names that will be in the file, given those that are and those on the line.</summary>
    protected abstract IEnumerable<string> Choose(IReadOnlyList<PluginState> plugins, IEnumerable<string> named);

    public override ExitCode Run(Invocation call)
    {
        IReadOnlyList<PluginState> before = PluginState.All(call);
        string[] unknown = [.. Names(call).Where(named => before.All(plugin => plugin.Name != named))];
        if (unknown.Length > 0)
        {
            throw CommandException.Because(
                ExitCode.Software, $"{{:plugins_not_found, [{string.Join(", ", unknown.Select(one => $":{one}"))}]}}");
        }
        string[] chosen = [.. Choose(before, Names(call)).Distinct().Order(StringComparer.Ordinal)];
        call.Node.Ask("set_plugins", json =>
        {
            json.WriteStartArray("plugins");
            foreach (string plugin in chosen)
                json.WriteStringValue(plugin);
            json.WriteEndArray();
        });
        Tell(call, before, PluginState.All(call));
        return ExitCode.Ok;
    }

    private static IEnumerable<string> Names(Invocation call) =>
        call.Arguments.SelectMany(word => word.Split(',', StringSplitOptions.RemoveEmptyEntries));

    private static void Tell(Invocation call, IReadOnlyList<PluginState> before, IReadOnlyList<PluginState> after)
    {
        call.Output.WriteLine("The following plugins have been configured:");
        Write(call, after.Where(plugin => plugin.IsEnabled).Select(plugin => plugin.Name));
        call.Output.WriteLine($"Applying plugin configuration to {call.Node.NodeName}...");
        string[] enabled = [.. after.Where(plugin => plugin.IsEnabled).Select(plugin => plugin.Name)];
        string[] was = [.. before.Where(plugin => plugin.IsEnabled).Select(plugin => plugin.Name)];
        string[] started = [.. enabled.Except(was)];
        string[] stopped = [.. was.Except(enabled)];
        if (started.Length == 0 && stopped.Length == 0)
        {
            call.Output.WriteLine("Plugin configuration unchanged.");
            return;
        }
        Changed(call, "enabled", "started", started);
        Changed(call, "disabled", "stopped", stopped);
    }

    private static void Changed(Invocation call, string what, string verb, string[] plugins)
    {
        if (plugins.Length == 0)
            return;
        call.Output.WriteLine($"The following plugins have been {what}:");
        Write(call, plugins);
        call.Output.WriteLine($"\n{verb} {plugins.Length} plugins.");
    }

    private static void Write(Invocation call, IEnumerable<string> plugins)
    {
        foreach (string plugin in plugins)
            call.Output.WriteLine($"  {plugin}");
    }
}
