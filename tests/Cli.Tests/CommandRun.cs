namespace Warren.Cli.Tests;

/// <summary>What a command left behind.</summary>
/// <param name="Code">Its exit code.</param>
/// <param name="Output">Standard output.</param>
/// <param name="Error">Standard error.</param>
internal sealed record CommandRun(ExitCode Code, string Output, string Error)
{
    public static CommandRun Of(CallerEnvironment environment, string input, params string[] line)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        ExitCode code = Dispatcher.Run(
            ["warren-cli", .. line], environment, new Terminal(output, error, () => new StringReader(input)));
        return new CommandRun(code, output.ToString(), error.ToString());
    }
}
