namespace Warren.Cli.CommandLine;

/// <summary>
/// Takes a command line apart as RabbitMQ's tools do: switches may stand anywhere, before the command as well;
/// <c>--name value</c>, <c>--name=value</c>, <c>-n value</c>, <c>-n=value</c>; everything behind <c>--</c> is a word.
/// What is not known is gathered, not refused: the command has the say.
/// </summary>
internal static class LineParser
{
    public static ParsedLine Parse(ReadOnlySpan<string> arguments, IEnumerable<Switch> switches)
    {
        Switch[] known = [.. switches];
        var parsed = new ParsedLine();
        for (int at = 0; at < arguments.Length; at++)
        {
            string argument = arguments[at];
            if (argument == "--")
            {
                parsed.Words.AddRange(arguments[(at + 1)..]);
                break;
            }
            if (!IsSwitch(argument))
            {
                parsed.Words.Add(argument);
                continue;
            }
            string? next = at + 1 < arguments.Length ? arguments[at + 1] : null;
            if (Take(argument, next, known, parsed))
                at++;
        }
        return parsed;
    }

    // A lone dash stands for standard input or output, and a number may be negative.
    private static bool IsSwitch(string argument) =>
        argument.Length > 1 && argument[0] == '-' && !char.IsAsciiDigit(argument[1]);

    // True when the next argument was its value.
    private static bool Take(string argument, string? next, Switch[] known, ParsedLine parsed)
    {
        int equals = argument.IndexOf('=', StringComparison.Ordinal);
        string written = equals < 0 ? argument : argument[..equals];
        string? value = equals < 0 ? null : argument[(equals + 1)..];
        Switch? found = Find(written, known, out bool isTakenBack);
        if (found is null)
        {
            parsed.Invalid.Add((written, value));
            return false;
        }
        if (found.Kind == SwitchKind.Flag)
        {
            if (value is null or "true" or "false")
                parsed.Set(found.Name, isTakenBack || value == "false" ? "false" : "true");
            else
                parsed.Invalid.Add((written, value));
            return false;
        }
        bool takesNext = value is null && next is not null && !IsSwitch(next);
        if (takesNext)
            value = next;
        if (value is null || (found.Kind == SwitchKind.Number && !int.TryParse(value, out _)))
            parsed.Invalid.Add((written, value));
        else
            parsed.Set(found.Name, value);
        return takesNext;
    }

    private static Switch? Find(string written, Switch[] known, out bool isTakenBack)
    {
        isTakenBack = false;
        if (!written.StartsWith("--", StringComparison.Ordinal))
            return written.Length == 2 ? Array.Find(known, one => one.Letter == written[1]) : null;
        // Elixir's parser, which RabbitMQ's tools use, takes underscores for dashes.
        string name = written[2..].Replace('_', '-');
        if (Array.Find(known, one => one.Name == name) is { } found)
            return found;
        if (!name.StartsWith("no-", StringComparison.Ordinal))
            return null;
        isTakenBack = true;
        return Array.Find(known, one => one.Kind == SwitchKind.Flag && one.Name == name[3..]);
    }
}
