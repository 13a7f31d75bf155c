namespace Warren.Cli.Commands;

/// <summary>
/// A password that is not on the command line, where others could read it, but comes on standard input.
/// </summary>
internal static class Password
{
    public static string Read(Invocation call)
    {
        call.Output.Write("Password: ");
        call.Output.Flush();
        string? line = call.Input.ReadLine();
        call.Output.WriteLine();
        return line ?? throw new CommandException(
            ExitCode.Usage, "Error: no password was given, neither as an argument nor on standard input");
    }
}
