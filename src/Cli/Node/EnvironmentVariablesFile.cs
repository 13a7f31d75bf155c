namespace Warren.Cli.Node;

/// <summary>
/// The lines <c>NAME=value</c> of <c>rabbitmq-env.conf</c>, of which a command needs the few that say where the node
/// is. The node reads the same file and refuses to start if it is malformed: here such a line is passed over.
/// </summary>
internal static class EnvironmentVariablesFile
{
    private const string Prefix = "RABBITMQ_";

    public static Dictionary<string, string> Read(string path)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        if (!File.Exists(path))
            return variables;
        string[] lines;
        try
        {
            lines = File.ReadAllLines(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CommandException(ExitCode.Configuration, $"Error: {path} cannot be read: {error.Message}");
        }
        foreach (string raw in lines)
        {
            string line = raw.Trim();
            if (line.StartsWith("export ", StringComparison.Ordinal))
                line = line["export ".Length..].TrimStart();
            int equals = line.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0 || line[0] == '#')
                continue;
            string name = line[..equals];
            string value = line[(equals + 1)..].Trim().Trim('"', '\'');
            if (value.Length > 0)
                variables[name.StartsWith(Prefix, StringComparison.Ordinal) ? name[Prefix.Length..] : name] = value;
        }
        return variables;
    }
}
