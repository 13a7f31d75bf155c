using System.Text;
using Warren.Broker;

namespace Warren.Server.Configuration;

/// <summary>
/// Reads <c>rabbitmq-env.conf</c>. RabbitMQ runs it as a shell script; here it is data: lines <c>NAME=value</c>, with
/// or without <c>export</c> and <c>RABBITMQ_</c>, values in single, double or no quotes, <c>$NAME</c> and
/// <c>${NAME}</c> replaced outside single quotes. Any other line is skipped with a warning. Pure.
/// </summary>
public static class EnvironmentFile
{
    private const string Prefix = "RABBITMQ_";

    /// <summary>The variables, names without <c>RABBITMQ_</c>; later lines win.</summary>
    /// <param name="file">Named in warnings.</param>
    /// <param name="text">The file's text.</param>
    /// <param name="variable">Looks up a variable of the process by its full name.</param>
    /// <param name="notes">Takes one warning for each line that is skipped.</param>
    public static IReadOnlyDictionary<string, string> Parse(
        string file, string text, Func<string, string?> variable, ICollection<ConfigurationNote> notes)
    {
        var variables = new Dictionary<string, string>();
        var lines = text.Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            var line = lines[i].Trim();
            if (line.Length == 0 || line[0] == '#')
                continue;
            if (line.StartsWith("export ", StringComparison.Ordinal))
                line = line["export ".Length..].TrimStart();
            var equals = line.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0 || !line[..equals].All(c => char.IsAsciiLetterOrDigit(c) || c == '_'))
            {
                notes.Add(new ConfigurationNote(
                    LogLevel.Warning, $"{file}:{i + 1}: skipped, expected NAME=value; shell commands are not run"));
                continue;
            }

            var name = line[..equals];
            if (name.StartsWith(Prefix, StringComparison.Ordinal))
                name = name[Prefix.Length..];
            variables[name] = ReadValue(line[(equals + 1)..], n => Look(n, variables, variable));
        }

        return variables;
    }

    private static string? Look(string name, Dictionary<string, string> variables, Func<string, string?> variable)
    {
        var ownName = name.StartsWith(Prefix, StringComparison.Ordinal) ? name[Prefix.Length..] : name;
        return variables.GetValueOrDefault(ownName) ?? variable(name);
    }

    private static string ReadValue(string text, Func<string, string?> look)
    {
        var value = new StringBuilder();
        var quote = '\0';
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (quote == '\0' && char.IsWhiteSpace(c))
                break;
            if (c == quote)
                quote = '\0';
            else if (quote == '\0' && (c is '"' or '\''))
                quote = c;
            else if (c == '$' && quote != '\'')
                i = AppendVariable(text, i, value, look);
            else if (c == '\\' && quote != '\'' && i + 1 < text.Length)
                value.Append(text[++i]);
            else
                value.Append(c);
        }

        return value.ToString();
    }

    /// <summary>
    /// Appends the variable named at <paramref name="dollar"/>; returns the index of its last character.
    /// </summary>
    private static int AppendVariable(string text, int dollar, StringBuilder value, Func<string, string?> look)
    {
        var isBraced = dollar + 1 < text.Length && text[dollar + 1] == '{';
        var start = dollar + (isBraced ? 2 : 1);
        var end = start;
        while (end < text.Length && (char.IsAsciiLetterOrDigit(text[end]) || text[end] == '_'))
            end++;
        if (end == start)
        {
            value.Append('$');
            return dollar;
        }

        value.Append(look(text[start..end]));
        return isBraced && end < text.Length && text[end] == '}' ? end : end - 1;
    }
}
