namespace Warren.Cli.Tests.Golden;

/// <summary>A command that RabbitMQ 3.10.8 was given, and what came of it.</summary>
/// <param name="Command">As a shell was given it.</param>
/// <param name="Code">The exit code.</param>
/// <param name="Output">Lines of standard output.</param>
/// <param name="Error">Lines of standard error.</param>
internal sealed record Recording(string Command, int Code, IReadOnlyList<string> Output, IReadOnlyList<string> Error)
{
    private const string Piped = "echo ";

    /// <summary>What standard input held.</summary>
    public string Input => Command.StartsWith(Piped, StringComparison.Ordinal)
        ? Command[Piped.Length..Command.IndexOf(" | ", StringComparison.Ordinal)] + "\n"
        : "";

    /// <summary>The words, taken out of their quotes.</summary>
    public string[] Words
    {
        get
        {
            int pipe = Command.IndexOf(" | ", StringComparison.Ordinal);
            return [.. Split(Input.Length > 0 ? Command[(pipe + 3)..] : Command)];
        }
    }

    /// <summary>
    /// Reads a file of recordings: <c>$</c> before a command, <c>=</c> before its exit code, <c>&gt;</c> before lines
    /// of standard output, <c>!</c> of standard error, <c>#</c> before a title.
    /// </summary>
    public static IEnumerable<Recording> Read(string path)
    {
        string? command = null;
        int code = 0;
        List<string> output = [];
        List<string> error = [];
        foreach (string line in (string[])[.. File.ReadAllLines(path), ""])
        {
            string rest = line.Length > 2 ? line[2..] : "";
            switch (line.Length == 0 ? ' ' : line[0])
            {
                case '$':
                    command = rest;
                    break;
                case '=':
                    code = int.Parse(rest, System.Globalization.CultureInfo.InvariantCulture);
                    break;
                case '>':
                    output.Add(rest);
                    break;
                case '!':
                    error.Add(rest);
                    break;
                case ' ' when command is not null:
                    yield return new Recording(command, code, output, error);
                    (command, output, error) = (null, [], []);
                    break;
            }
        }
    }

    private static IEnumerable<string> Split(string line)
    {
        var word = new System.Text.StringBuilder();
        bool isQuoted = false;
        bool isWord = false;
        foreach (char letter in line)
        {
            if (letter == '\'')
            {
                isQuoted = !isQuoted;
                isWord = true;
            }
            else if (letter == ' ' && !isQuoted)
            {
                if (isWord)
                    yield return word.ToString();
                word.Clear();
                isWord = false;
            }
            else
            {
                word.Append(letter);
                isWord = true;
            }
        }
        if (isWord)
            yield return word.ToString();
    }
}
