namespace Warren.Server.Configuration;

/// <summary>What <c>rabbitmq-server</c> was asked for on its command line.</summary>
/// <param name="ShowsVersion"><c>--version</c>: print the version and exit 0.</param>
/// <param name="ShowsHelp"><c>--help</c>: print how to call the program and exit 0.</param>
public sealed record CommandLine(bool ShowsVersion, bool ShowsHelp)
{
    /// <summary>For <c>--help</c>.</summary>
    public const string Usage = """
        usage: rabbitmq-server [-detached] [--version] [--help]

        Starts one node in the foreground; SIGTERM or Ctrl-C stops it.
          -detached   start it in the background
          --version   print the version and exit

        warren storage --help tells how to look at the data of a node that is stopped.

        What it does is configured by /etc/rabbitmq/rabbitmq.conf and RABBITMQ_* variables.
        """;

    /// <summary>
    /// Reads the arguments. <c>-detached</c> is done by the script that starts the program and passes here.
    /// </summary>
    /// <exception cref="ConfigurationException">An argument is not known.</exception>
    public static CommandLine Parse(IReadOnlyList<string> arguments)
    {
        var line = new CommandLine(false, false);
        foreach (var argument in arguments)
        {
            line = argument switch
            {
                "--version" or "-version" => line with { ShowsVersion = true },
                "--help" or "-h" or "-help" => line with { ShowsHelp = true },
                "-detached" or "--detached" or "--" => line,
                _ => throw new ConfigurationException($"unknown argument \"{argument}\"; --help lists what is known"),
            };
        }

        return line;
    }
}
