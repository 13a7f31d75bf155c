namespace Warren.Cli.CommandLine;

/// <summary>An argument cannot be what it is; the text says why, and usage follows it.</summary>
internal sealed class ArgumentsException(ExitCode code, string text) : Exception(text)
{
    public ExitCode Code { get; } = code;
}
