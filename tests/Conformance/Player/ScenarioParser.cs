using System.Globalization;
using System.Text.RegularExpressions;

namespace Warren.Conformance.Player;

/// <summary>Reads scenario files. README.md beside the scenarios describes the language.</summary>
public static class ScenarioParser
{
    /// <summary>Reads every scenario below a directory, in order of name.</summary>
    public static List<Scenario> ReadAll(string directory) =>
    [
        .. Directory.EnumerateFiles(directory, "*.txt", SearchOption.AllDirectories)
            .Where(path => !path.EndsWith(".rabbitmq.txt", StringComparison.Ordinal)
                && !path.EndsWith(".warren.txt", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(path => Read(
                Path.ChangeExtension(Path.GetRelativePath(directory, path), null).Replace('\\', '/'),
                File.ReadAllLines(path))),
    ];

    /// <summary>Reads the lines of one scenario file.</summary>
    public static Scenario Read(string name, IReadOnlyList<string> lines)
    {
        List<string> fixtures = [];
        HashSet<string> kept = [];
        List<ScenarioCase> cases = [];
        List<string>? steps = null;
        foreach (string line in lines.Select(line => line.Trim()).Where(line => line.Length > 0 && line[0] != '#'))
        {
            if (line.StartsWith("case ", StringComparison.Ordinal))
            {
                steps = [];
                (string id, string title) = Heading(line[5..]);
                cases.Add(new ScenarioCase(id, title, steps));
            }
            else if (line.StartsWith("fixture ", StringComparison.Ordinal))
            {
                fixtures.Add(line[8..]);
            }
            else if (line.StartsWith("keep ", StringComparison.Ordinal))
            {
                kept.Add(line[5..]);
            }
            else
            {
                (steps ?? throw new FormatException($"{name}: a step before the first case: {line}")).Add(line);
            }
        }

        return new Scenario(
            name, fixtures, kept, [.. cases.Select(one => one with { Steps = [.. Unroll(one.Steps)] })]);
    }

    /// <summary>Splits "id: title"; an id with blanks at its end is written in quotes.</summary>
    public static (string Id, string Title) Heading(string text)
    {
        if (text.StartsWith('"'))
        {
            int quote = text.IndexOf('"', 1);
            return (text[1..quote], text[(quote + 1)..].TrimStart(':', ' '));
        }

        int colon = text.IndexOf(": ", StringComparison.Ordinal);
        return colon < 0 ? (text, "") : (text[..colon], text[(colon + 2)..]);
    }

    /// <summary>
    /// Writes out "each NAME in A B ... end" and "repeat N ... end" blocks; repeat counts in $n from 1.
    /// </summary>
    private static IEnumerable<string> Unroll(IReadOnlyList<string> lines)
    {
        for (int i = 0; i < lines.Count; i++)
        {
            List<string> words = Literal.Words(lines[i]);
            if (words[0] is not ("each" or "repeat"))
            {
                yield return lines[i];
                continue;
            }

            List<string> block = Block(lines, ref i);
            (string name, IEnumerable<string> values) = words[0] == "each"
                ? (words[1], words.Skip(3))
                : ("n", Enumerable.Range(1, int.Parse(words[1], CultureInfo.InvariantCulture)).Select(n => $"{n}"));
            foreach (string value in values)
            {
                foreach (string line in Unroll([.. block.Select(line => Substitute(line, name, value))]))
                    yield return line;
            }
        }
    }

    /// <summary>Replaces $name by a value, inside quotes without the value's own.</summary>
    public static string Substitute(string line, string name, string value) =>
        Regex.Replace(line, $@"""\${name}""|\${name}\b", match => match.Value[0] == '"' && !value.StartsWith('"')
            ? '"' + value + '"'
            : value);

    private static List<string> Block(IReadOnlyList<string> lines, ref int at)
    {
        List<string> block = [];
        int depth = 1;
        while (true)
        {
            string line = lines[++at];
            if (line == "end" && --depth == 0)
                return block;
            if (line.StartsWith("each ", StringComparison.Ordinal)
                || line.StartsWith("repeat ", StringComparison.Ordinal))
                depth++;
            block.Add(line);
        }
    }
}
