using System.Globalization;

namespace Warren.Broker.Tests.Queues;

/// <summary>A command of a script: a verb, bare words and key=value options. m1..m4 stands for m1 m2 m3 m4.</summary>
internal sealed class ScriptLine
{
    private readonly Dictionary<string, string> _options = [];

    public ScriptLine(string text)
    {
        string[] parts = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Text = text;
        Verb = parts[0];
        foreach (string part in parts.Skip(1))
        {
            int equals = part.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0)
                _options.Add(part[..equals], part[(equals + 1)..]);
            else
                Words.AddRange(Expand(part));
        }
    }

    public string Text { get; }

    public string Verb { get; }

    public List<string> Words { get; } = [];

    public IReadOnlyDictionary<string, string> Options => _options;

    /// <summary>Takes a flag out of the words.</summary>
    public bool Flag(string name) => Words.Remove(name);

    public string? Option(string name) => _options.GetValueOrDefault(name);

    public long? Number(string name) =>
        Option(name) is { } text ? long.Parse(text, CultureInfo.InvariantCulture) : null;

    /// <summary>Words as a line would name them, three and more that follow each other by their ends.</summary>
    public static string Contract(IReadOnlyList<string> words)
    {
        var text = new List<string>();
        for (int at = 0; at < words.Count;)
        {
            int end = at + 1;
            while (end < words.Count && IsNext(words[end - 1], words[end]))
                end++;
            text.AddRange(end - at < 3
                ? words.Skip(at).Take(end - at)
                : [$"{words[at]}..{words[end - 1]}"]);
            at = end;
        }
        return string.Join(' ', text);
    }

    private static bool IsNext(string before, string word)
    {
        string stem = before.TrimEnd("0123456789".ToCharArray());
        return int.TryParse(before.AsSpan(stem.Length), CultureInfo.InvariantCulture, out int number)
            && word == string.Create(CultureInfo.InvariantCulture, $"{stem}{number + 1}");
    }

    private static IEnumerable<string> Expand(string word)
    {
        int dots = word.IndexOf("..", StringComparison.Ordinal);
        if (dots < 0)
            return [word];
        string stem = word[..dots].TrimEnd("0123456789".ToCharArray());
        int first = int.Parse(word[stem.Length..dots], CultureInfo.InvariantCulture);
        int last = int.Parse(word[(dots + 2 + stem.Length)..], CultureInfo.InvariantCulture);
        return Enumerable.Range(first, last - first + 1).Select(number => stem + number);
    }
}
