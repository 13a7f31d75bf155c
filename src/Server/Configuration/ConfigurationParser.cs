using System.Text;

namespace Warren.Server.Configuration;

/// <summary>
/// Cuts the text of a <c>rabbitmq.conf</c> into entries. Pure: knows the form of a line, not what a key means.
/// <code>
/// line    = [ key "=" value ] [ "#" comment ]
/// key     = word { "." word }             word: letters, digits, "_", "-", "\."
/// value   = "'" text "'"                  may contain "#"
///         | "'''" text over lines "'''"   RabbitMQ 4.1 on
///         | text up to "#" or the line's end
/// </code>
/// <c>$(NAME)</c> in a value is replaced by that environment variable before anything else looks at the value.
/// </summary>
public sealed class ConfigurationParser
{
    private const string LongQuote = "'''";

    private readonly string _file;
    private readonly string[] _lines;
    private readonly Func<string, string?> _variable;
    private int _index;

    private ConfigurationParser(string file, string text, Func<string, string?> variable)
    {
        _file = file;
        _lines = text.TrimStart('\uFEFF').Split('\n');
        _variable = variable;
    }

    /// <summary>All entries of <paramref name="text"/>, in order, repeated keys included.</summary>
    /// <param name="file">Named in errors.</param>
    /// <param name="text">The file's text; lines end in LF or CRLF.</param>
    /// <param name="variable">Looks up an environment variable; null when it is not set.</param>
    /// <exception cref="ConfigurationException">A line is neither a setting nor a comment.</exception>
    public static IReadOnlyList<ConfigurationEntry> Parse(string file, string text, Func<string, string?> variable)
    {
        var parser = new ConfigurationParser(file, text, variable);
        var entries = new List<ConfigurationEntry>();
        for (; parser._index < parser._lines.Length; parser._index++)
        {
            var line = parser._lines[parser._index].Trim();
            if (line.Length > 0 && line[0] != '#')
                entries.Add(parser.ReadSetting(line));
        }

        return entries;
    }

    private ConfigurationEntry ReadSetting(string line)
    {
        var startLine = _index + 1;
        var equals = line.IndexOf('=', StringComparison.Ordinal);
        if (equals < 0)
            throw Wrong(startLine, $"expected \"key = value\" or a comment that starts with #, found \"{line}\"");
        var key = line[..equals].TrimEnd();
        if (key.Length == 0)
            throw Wrong(startLine, $"expected a key before the equals sign, found \"{line}\"");
        foreach (var c in key)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('.' or '_' or '-' or '\\'))
                throw Wrong(startLine, $"expected a key of letters, digits, '_', '-' and dots, found \"{key}\"");
        }

        var value = ReadValue(key, line[(equals + 1)..].TrimStart(), startLine);
        return new ConfigurationEntry(key, ReplaceVariables(key, value, startLine), _file, startLine);
    }

    private string ReadValue(string key, string rest, int startLine)
    {
        if (rest.StartsWith(LongQuote, StringComparison.Ordinal))
            return ReadLongValue(key, rest[LongQuote.Length..], startLine);
        if (rest.StartsWith('\''))
        {
            var end = rest.IndexOf('\'', 1);
            if (end < 0)
                throw Wrong(startLine, $"the value of {key} starts with a quote that does not end on this line");
            RefuseTail(key, rest[(end + 1)..], startLine);
            return rest[1..end];
        }

        var comment = rest.IndexOf('#', StringComparison.Ordinal);
        var value = (comment < 0 ? rest : rest[..comment]).Trim();
        if (value.Length == 0)
            throw Wrong(startLine, $"expected a value for {key}, found none (write '' for an empty one)");
        return value;
    }

    private string ReadLongValue(string key, string rest, int startLine)
    {
        var value = new StringBuilder();
        while (true)
        {
            var end = rest.IndexOf(LongQuote, StringComparison.Ordinal);
            if (end >= 0)
            {
                RefuseTail(key, rest[(end + LongQuote.Length)..], _index + 1);
                return value.Append(rest, 0, end).ToString().Trim('\n');
            }

            value.Append(rest).Append('\n');
            if (++_index == _lines.Length)
                throw Wrong(startLine, $"the value of {key} starts with ''' and the file ends before the closing '''");
            rest = _lines[_index].TrimEnd('\r');
        }
    }

    private void RefuseTail(string key, string tail, int line)
    {
        tail = tail.Trim();
        if (tail.Length > 0 && tail[0] != '#')
            throw Wrong(line, $"expected nothing after the closing quote of {key}, found \"{tail}\"");
    }

    private string ReplaceVariables(string key, string value, int line)
    {
        var start = value.IndexOf("$(", StringComparison.Ordinal);
        if (start < 0)
            return value;
        var replaced = new StringBuilder();
        var position = 0;
        for (; start >= 0; start = value.IndexOf("$(", position, StringComparison.Ordinal))
        {
            var end = value.IndexOf(')', start);
            if (end < 0)
                throw Wrong(line, $"the value of {key} has a $( without its closing parenthesis: \"{value}\"");
            var name = value[(start + 2)..end];
            var found = _variable(name)
                ?? throw Wrong(line, $"{key} names the environment variable {name}, which is not set");
            replaced.Append(value, position, start - position).Append(found);
            position = end + 1;
        }

        return replaced.Append(value, position, value.Length - position).ToString();
    }

    private ConfigurationException Wrong(int line, string message) => new(_file, line, message);
}
