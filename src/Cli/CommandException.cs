namespace Warren.Cli;

/// <summary>A command has failed: what is printed to standard error, whole, and what the process ends with.</summary>
internal sealed class CommandException(ExitCode code, string text) : Exception(text)
{
    public ExitCode Code { get; } = code;

    /// <summary>
    /// Nobody answered because nobody is there: the node, of this machine, has no control socket, or it has ended. Else
    /// it may run, and not be reached.
    /// </summary>
    public bool IsNodeDown { get; init; }

    /// <summary>RabbitMQ's commonest form: the word, then the reason on a line of its own.</summary>
    public static CommandException Because(ExitCode code, string reason) => new(code, $"Error:\n{reason}");
}
