using Warren.Cli.CommandLine;
using Warren.Cli.Formatting;
using Warren.Cli.Help;
using Warren.Cli.Node;

namespace Warren.Cli;

/// <summary>
/// From a command line to an exit code: finds tool and command, checks the line in RabbitMQ's order (switches, number
/// of arguments, values, the node's state), prints the banner, runs the command, and puts its failure into words.
/// </summary>
internal static class Dispatcher
{
    /// <param name="line">The whole command line, the program's name first.</param>
    /// <param name="environment">The process.</param>
    /// <param name="terminal">Where it is read and written.</param>
    public static ExitCode Run(string[] line, CallerEnvironment environment, Terminal terminal)
    {
        ReadOnlySpan<string> rest = line.AsSpan(1);
        Tool tool = ToolNames.Find(line[0]);
        // Called by its own name it takes the tool's name first.
        if (tool == Tool.None && rest.Length > 0 && ToolNames.Find(rest[0]) is var named and not Tool.None)
        {
            tool = named;
            rest = rest[1..];
        }
        try
        {
            return RunTool(tool == Tool.None ? Tool.Ctl : tool, Rewritten(rest), environment, terminal);
        }
        catch (CommandException failure)
        {
            terminal.Output.Flush();
            terminal.Error.WriteLine(failure.Message);
            return failure.Code;
        }
        catch (IOException)
        {
            // Whoever read the output has gone (head, a pager).
            return ExitCode.Ok;
        }
        catch (Exception error) when (line.Contains("--print-stacktrace"))
        {
            terminal.Output.Flush();
            terminal.Error.WriteLine($"Error:\n{error}");
            return ExitCode.Software;
        }
        catch (Exception error)
        {
            terminal.Output.Flush();
            terminal.Error.WriteLine(
                $"Error:\nthe command itself has failed, which is a mistake in it: {error.Message} "
                + "(--print-stacktrace says where)");
            return ExitCode.Software;
        }
    }

    // Two that are written as switches and mean commands.
    private static string[] Rewritten(ReadOnlySpan<string> arguments) => arguments switch
    {
        ["--version"] => ["version"],
        ["--auto-complete", .. var rest] => ["autocomplete", .. rest],
        _ => arguments.ToArray(),
    };

    private static ExitCode RunTool(
        Tool tool, ReadOnlySpan<string> arguments, CallerEnvironment environment, Terminal terminal)
    {
        ParsedLine first = LineParser.Parse(arguments, Switch.Common);
        IReadOnlyList<Command> commands = CommandTable.Of(tool);
        Command? command = Find(commands, arguments, first);
        if (command is null)
        {
            if (first.Words.Count == 0 && first.Has("help"))
            {
                terminal.Output.Write(UsageText.Of(tool));
                return ExitCode.Ok;
            }
            throw Unknown(tool, commands, first.Words.Count == 0 ? null : first.Words[0]);
        }
        ParsedLine parsed = LineParser.Parse(arguments, [.. command.Switches, .. Switch.Common]);
        if (parsed.Has("help"))
        {
            terminal.Output.Write(UsageText.Of(tool, command));
            return ExitCode.Ok;
        }
        return RunCommand(tool, command, parsed, arguments, environment, terminal);
    }

    // A switch before the command may be the command's own, and take the word behind it: then the first word is not it.
    private static Command? Find(IReadOnlyList<Command> commands, ReadOnlySpan<string> arguments, ParsedLine first)
    {
        foreach (string word in first.Words)
        {
            foreach (Command command in commands)
            {
                if (command.Name == word
                    && LineParser.Parse(arguments, [.. command.Switches, .. Switch.Common]).Words is [var name, ..]
                    && name == word)
                    return command;
            }
        }
        return null;
    }

    private static ExitCode RunCommand(
        Tool tool, Command command, ParsedLine parsed, ReadOnlySpan<string> arguments,
        CallerEnvironment environment, Terminal terminal)
    {
        string given = string.Join(' ', arguments!);
        Format? format = FormatOf(parsed, tool, command, given);
        using TextWriter? file = FileOf(parsed, tool, command, given);
        using var call = new Invocation(
            tool, command, parsed, environment, file is null ? terminal : terminal with { Output = file })
        {
            Format = format,
        };
        try
        {
            if (WhatIsWrong(call, parsed) is { } wrong)
                throw new ArgumentsException(ExitCode.Usage, wrong);
            CheckState(call, given);
            command.Check(call);
            bool isForPrograms = format is Format.Json or Format.JsonStream or Format.Csv;
            if (!call.IsQuiet && !isForPrograms && command.Banner(call) is { } banner)
                terminal.Output.WriteLine(banner);
            return parsed.Has("dry-run") ? ExitCode.Ok : command.Run(call);
        }
        catch (ArgumentsException error)
        {
            throw Invalid(tool, command, given, error.Code, $"Error (argument validation): {error.Message}");
        }
        catch (NodeRefusalException error)
        {
            if (error.Refusal.Kind is RefusalKind.AppStopped)
                throw WrongState(call, given, "running", "Start it with 'rabbitmqctl start_app'");
            if (error.Refusal.Kind is RefusalKind.AppRunning)
                throw WrongState(call, given, "stopped", "Stop it with 'rabbitmqctl stop_app'");
            throw command.Explain(call, error.Refusal);
        }
        catch (TimeoutException)
        {
            throw new CommandException(
                ExitCode.TemporaryFailure,
                $"Error: operation {command.Name} on node {call.Place.NodeName} timed out. "
                + $"Timeout value used: {call.TimeoutMs}");
        }
    }

    private static Format? FormatOf(ParsedLine parsed, Tool tool, Command command, string given)
    {
        if (parsed.Text("formatter") is not { } name)
            return null;
        return Formats.Find(name) ?? throw Invalid(
            tool, command, given, ExitCode.Usage,
            $"Error (argument validation): Formatter '{name}' is not known; there are {Formats.Names}");
    }

    // The result goes there, what is said beside it does not.
    private static StreamWriter? FileOf(ParsedLine parsed, Tool tool, Command command, string given)
    {
        CommandException Wrong(string what) => Invalid(
            tool, command, given, ExitCode.Usage, $"Error (argument validation): {what}");
        string? path = parsed.Text("file");
        switch (parsed.Text("printer"))
        {
            case null or "std_io" or "std_io_raw":
                return path is null ? null : throw Wrong("--file needs --printer file");
            case "file" when path is null:
                throw Wrong("--printer file needs --file");
            case "file":
                try
                {
                    return new StreamWriter(path, append: false) { NewLine = "\n" };
                }
                catch (Exception error) when (error is IOException or UnauthorizedAccessException)
                {
                    throw new CommandException(ExitCode.Unavailable, $"Error:\n{error.Message}");
                }
            case { } other:
                throw Wrong($"Printer '{other}' is not known; there are file, std_io and std_io_raw");
        }
    }

    private static string? WhatIsWrong(Invocation call, ParsedLine parsed)
    {
        if (parsed.Invalid.Count > 0 && !call.Command.IsRefused)
        {
            return "Invalid options for this command:\n"
                + string.Join('\n', parsed.Invalid.Select(one => $"{one.Written} : {one.Value}"));
        }
        (int least, int most) = call.Command.Arguments;
        if (call.Arguments.Count < least)
            return "not enough arguments.";
        if (call.Arguments.Count > most)
            return "too many arguments.";
        return call.Command.Validate(call);
    }

    private static void CheckState(Invocation call, string given)
    {
        if (call.Command.Needs == NodeState.AppRunning && !call.Node.IsAppRunning)
            throw WrongState(call, given, "running", "Start it with 'rabbitmqctl start_app'");
        if (call.Command.Needs == NodeState.AppStopped && call.Node.IsAppRunning)
            throw WrongState(call, given, "stopped", "Stop it with 'rabbitmqctl stop_app'");
    }

    private static CommandException WrongState(Invocation call, string given, string wanted, string advice) => Invalid(
        call.Tool, call.Command, given, ExitCode.Usage,
        $"Error: this command requires the 'rabbit' app to be {wanted} on the target node. {advice}.");

    private static CommandException Invalid(Tool tool, Command command, string given, ExitCode code, string what) =>
        new(code, $"{what}\nArguments given:\n\t{given}\n\nUsage\n\n{UsageText.Line(tool, command)}");

    public static CommandException Unknown(Tool tool, IReadOnlyList<Command> commands, string? word)
    {
        if (word is null)
            return new CommandException(ExitCode.Usage, UsageText.Of(tool).TrimEnd('\n'));
        string notFound = $"\nCommand '{word}' not found. \n";
        return Similarity.Nearest(word, commands.Select(command => command.Name)) is { } meant
            ? new CommandException(ExitCode.Usage, $"{notFound}Did you mean '{meant}'? \n")
            : new CommandException(ExitCode.Usage, notFound + UsageText.Of(tool).TrimEnd('\n'));
    }
}
