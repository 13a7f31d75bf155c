using Warren.Cli.CommandLine;
using Warren.Cli.Help;
using Warren.Cli.Node;

namespace Warren.Cli.Commands;

/// <summary>What the tool, or one command, can do.</summary>
internal sealed class HelpCommand() : Command(
    "help", "(<command> | [--list-commands])", Section.Help, "Displays usage information for a command")
{
    public override NodeState Needs => NodeState.Any;

    public override (int Least, int Most) Arguments => (0, 1);

    public override Switch[] Switches => [new("list-commands", SwitchKind.Flag)];

    public override ExitCode Run(Invocation call)
    {
        IReadOnlyList<Command> commands = CommandTable.Of(call.Tool);
        if (call.Has("list-commands"))
        {
            foreach (string name in CommandTable.ListedOf(call.Tool).Select(command => command.Name)
                .Order(StringComparer.Ordinal))
                call.Output.WriteLine(name);
            return ExitCode.Ok;
        }
        if (call.Arguments.Count == 0)
        {
            call.Output.Write(UsageText.Of(call.Tool));
            return ExitCode.Ok;
        }
        foreach (Command command in commands)
        {
            if (command.Name != call.Arguments[0])
                continue;
            call.Output.Write(UsageText.Of(call.Tool, command));
            return ExitCode.Ok;
        }
        throw Dispatcher.Unknown(call.Tool, commands, call.Arguments[0]);
    }
}
