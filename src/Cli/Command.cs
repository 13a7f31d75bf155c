using System.Text.Json;
using Warren.Cli.CommandLine;
using Warren.Cli.Formatting;
using Warren.Cli.Help;
using Warren.Cli.Node;

namespace Warren.Cli;

/// <summary>
/// One command: how it is written, what it says about itself, what it does. A file each in <c>Commands</c>, a line each
/// in <see cref="CommandTable"/>. <see cref="Dispatcher"/> checks the line, prints the banner and calls
/// <see cref="Run"/>.
/// </summary>
/// <param name="name">As it is typed.</param>
/// <param name="usage">What may follow the name, for the usage line.</param>
/// <param name="section">Where the help lists it.</param>
/// <param name="summary">One sentence of what it does.</param>
internal abstract class Command(string name, string usage, Section section, string summary)
{
    public string Name { get; } = name;

    public string Usage { get; } = usage;

    public Section Section { get; } = section;

    public string Summary { get; } = summary;

    /// <summary>The arguments and options, one by one; empty: the usage line says it all.</summary>
    public virtual string Help => "";

    /// <summary>RabbitMQ's pages about it, by name.</summary>
    public virtual string[] Guides => [];

    public virtual Switch[] Switches => [];

    /// <summary>
    /// It is there to say that it is not: lists leave it out, and switches that it does not know are no mistake.
    /// </summary>
    public virtual bool IsRefused => false;

    /// <summary>How many arguments it takes.</summary>
    public virtual (int Least, int Most) Arguments => (0, 0);

    /// <summary>Milliseconds it may take when the caller does not say.</summary>
    public virtual int? DefaultTimeoutMs => null;

    /// <summary>What the node must be like; else the command is refused before its banner.</summary>
    public virtual NodeState Needs => NodeState.AppRunning;

    /// <summary>What is wrong with the arguments, beyond their number; null: nothing.</summary>
    public virtual string? Validate(Invocation call) => null;

    /// <summary>Refuses what is neither the line's nor the node's fault, before the banner.</summary>
    public virtual void Check(Invocation call)
    {
        // Most have nothing to say.
    }

    /// <summary>What is printed before it begins, unless the caller wants quiet.</summary>
    public virtual string? Banner(Invocation call) => null;

    public abstract ExitCode Run(Invocation call);

    /// <summary>RabbitMQ's words for what the node refused.</summary>
    public virtual CommandException Explain(Invocation call, NodeRefusal refusal) => refusal.Kind switch
    {
        RefusalKind.NoSuchUser => CommandException.Because(ExitCode.NoUser, refusal.Text),
        RefusalKind.NoSuchVhost => new CommandException(ExitCode.DataError, refusal.Text),
        RefusalKind.AlreadyExists => CommandException.Because(ExitCode.Software, refusal.Text),
        _ => CommandException.Because(ExitCode.Unavailable, refusal.Text),
    };

    /// <summary>Prints a result that is one value, in the form asked for, or in words.</summary>
    private protected static ExitCode Print(Invocation call, JsonElement result, Action<TextWriter> inWords)
    {
        if (call.Format is { } format)
            TermFormats.WriteWhole(call.Output, format, result);
        else
            inWords(call.Output);
        return ExitCode.Ok;
    }
}
