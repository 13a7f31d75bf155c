namespace Warren.Cli;

/// <summary>A command has failed: what is printed to standard error, whole, and what the process ends with.</summary>
internal sealed class CommandException(ExitCode code, string text) : Exception(text)
{
    public ExitCode Code { get; } = code;

    /// <summary>RabbitMQ's commonest form: the word, then the reason on a line of its own.</summary>
    public static CommandException Because(ExitCode code, string reason) => new(code, $"Error:\n{reason}");
}
