using System.Text.Json;
using Warren.Cli.Formatting;
using Warren.Cli.Help;

namespace Warren.Cli.Commands;

/// <summary>The configuration in force: what files, variables and defaults came to.</summary>
internal sealed class EnvironmentCommand() : Command(
    "environment", "", Section.Configuration,
    "Displays the name and value of each variable in the application environment for each running application")
{
    public override string? Banner(Invocation call) =>
        $"Application environment of node {call.Place.NodeName} ...";

    public override ExitCode Run(Invocation call)
    {
        JsonElement environment = call.Node.Ask(Name);
        return Print(call, environment, output => Write(output, environment));
    }

    private static void Write(TextWriter output, JsonElement environment)
    {
        string[] settings = [.. environment.EnumerateObject()
            .OrderBy(setting => setting.Name, StringComparer.Ordinal)
            .Select(setting => $"{{{TermErlang.Atom(setting.Name)},{TermErlang.Of(setting.Value)}}}")];
        output.WriteLine($"[{{rabbit,\n     [{string.Join(",\n      ", settings)}]}}]");
    }
}
