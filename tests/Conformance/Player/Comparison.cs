using System.Text.RegularExpressions;

namespace Warren.Conformance.Player;

/// <summary>
/// Compares what a broker said with what is expected. An expected line may hold &lt;any&gt; for any text.
/// </summary>
public static class Comparison
{
    /// <summary>
    /// Null when the case went as expected, otherwise both transcripts, with the first difference marked.
    /// </summary>
    public static string? Difference(CaseTranscript expected, CaseTranscript got)
    {
        for (int i = 0; i < Math.Max(expected.Lines.Count, got.Lines.Count); i++)
        {
            string? wanted = expected.Lines.ElementAtOrDefault(i);
            string? said = got.Lines.ElementAtOrDefault(i);
            if (wanted is null || said is null || !Same(wanted, said))
            {
                return $"case {expected.Id}: {expected.Title}\n"
                    + Context(expected.Lines, i, "expected")
                    + Context(got.Lines, i, "got     ");
            }
        }

        return null;
    }

    private static bool Same(string expected, string got)
    {
        if (!expected.Contains("<any>", StringComparison.Ordinal))
            return expected == got;
        string pattern = string.Join(".*", expected.Split("<any>").Select(Regex.Escape));
        return Regex.IsMatch(got, "^" + pattern + "$", RegexOptions.Singleline);
    }

    private static string Context(IReadOnlyList<string> lines, int at, string side)
    {
        int from = at;
        while (from > 0 && (from >= lines.Count || lines[from].StartsWith("    ", StringComparison.Ordinal)))
            from--;
        IEnumerable<string> shown = lines.Skip(from).Take(at - from + 3);
        return string.Concat(shown.Select(line => $"  {side} {line}\n").DefaultIfEmpty($"  {side}   (ends)\n"));
    }
}
