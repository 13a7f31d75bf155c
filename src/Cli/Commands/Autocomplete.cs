using Warren.Cli.Help;
using Warren.Cli.Node;

namespace Warren.Cli.Commands;

/// <summary>The commands that begin so, for shells.</summary>
internal sealed class Autocomplete() : Command(
    "autocomplete", "[prefix]", Section.Help, "Provides command name autocomplete variants")
{
    public override NodeState Needs => NodeState.Any;

    public override (int Least, int Most) Arguments => (0, 1);

    public override ExitCode Run(Invocation call)
    {
        string prefix = call.Arguments.Count > 0 ? call.Arguments[0] : "";
        foreach (Command command in CommandTable.ListedOf(call.Tool)
            .OrderBy(command => command.Name, StringComparer.Ordinal))
        {
            if (command.Name.StartsWith(prefix, StringComparison.Ordinal))
                call.Output.WriteLine(command.Name);
        }
        return ExitCode.Ok;
    }
}
