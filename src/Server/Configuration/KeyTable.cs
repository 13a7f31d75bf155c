using System.Collections.Frozen;

namespace Warren.Server.Configuration;

/// <summary>
/// All keys that <c>rabbitmq.conf</c> may hold, read once from the table beside this file
/// (<c>rabbitmq-keys.txt</c>, built into the program). Immutable.
/// </summary>
public sealed class KeyTable
{
    private const string ResourceName = "Warren.Server.Configuration.rabbitmq-keys.txt";

    private const StringSplitOptions Trimmed =
        StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries;

    private readonly FrozenDictionary<string, KeyDefinition> _exact;
    private readonly KeyDefinition[] _patterns;

    private KeyTable(IReadOnlyList<KeyDefinition> definitions)
    {
        Definitions = definitions;
        _exact = definitions.Where(d => d.IsExact).ToFrozenDictionary(d => d.Pattern);
        _patterns = [.. definitions.Where(d => !d.IsExact)];
    }

    /// <summary>The table built into the program.</summary>
    public static KeyTable BuiltIn { get; } = ReadResource();

    /// <summary>Every key, in the table's order.</summary>
    public IReadOnlyList<KeyDefinition> Definitions { get; }

    /// <summary>Reads a table; see the head of <c>rabbitmq-keys.txt</c> for its form.</summary>
    /// <exception cref="FormatException">A line of the table is wrong, or a key stands in it twice.</exception>
    public static KeyTable Parse(string text)
    {
        var definitions = new List<KeyDefinition>();
        var seen = new HashSet<string>();
        var groups = new Dictionary<string, List<string>>();
        foreach (var line in text.Split('\n', Trimmed))
        {
            if (line[0] == '#')
                continue;
            var columns = line.Split((char[]?)null, 5, Trimmed);
            if (columns is [['@', ..] group, "=", ..])
            {
                if (!groups.TryGetValue(group, out var prefixes))
                    groups[group] = prefixes = [];
                prefixes.AddRange(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[2..]);
                continue;
            }

            if (columns.Length < 4)
                throw new FormatException($"the table of keys has a line with fewer than four columns: {line}");
            foreach (var pattern in WriteOut(columns[0], groups))
            {
                if (!seen.Add(pattern))
                    throw new FormatException($"the table of keys holds {pattern} twice");
                var shownDefault = columns.ElementAtOrDefault(4) ?? "";
                definitions.Add(new KeyDefinition(
                    pattern, ValueType.Parse(columns[1]), ParseState(columns[3]), columns[2], shownDefault));
            }
        }

        return new KeyTable(definitions);
    }

    /// <summary>The definition that a key belongs to, or null. An exact key goes before a pattern.</summary>
    public KeyDefinition? Find(ConfigurationEntry entry) =>
        _exact.GetValueOrDefault(entry.Key) ?? Array.Find(_patterns, p => p.Matches(entry.Segments));

    /// <summary>The known key closest to <paramref name="key"/> by edits, free segments filled in from it.</summary>
    public string Nearest(string key)
    {
        var segments = ConfigurationEntry.SplitKey(key);
        var best = "";
        var bestDistance = int.MaxValue;
        foreach (var definition in Definitions)
        {
            var candidate = FillIn(definition.Segments, segments);
            var distance = EditDistance.Between(key, candidate);
            if (distance < bestDistance)
                (best, bestDistance) = (candidate, distance);
        }

        return best;
    }

    private static KeyTable ReadResource()
    {
        using var stream = typeof(KeyTable).Assembly.GetManifestResourceStream(ResourceName)
            ?? throw new InvalidOperationException($"the program was built without {ResourceName}");
        using var reader = new StreamReader(stream);
        return Parse(reader.ReadToEnd());
    }

    private static IEnumerable<string> WriteOut(string pattern, Dictionary<string, List<string>> groups)
    {
        if (pattern[0] == '@')
        {
            var dot = pattern.IndexOf('.', StringComparison.Ordinal);
            return groups[pattern[..dot]].Select(prefix => prefix + pattern[dot..]);
        }

        var open = pattern.IndexOf('{', StringComparison.Ordinal);
        if (open < 0)
            return [pattern];
        var close = pattern.IndexOf('}', StringComparison.Ordinal);
        return pattern[(open + 1)..close].Split(',')
            .SelectMany(word => WriteOut(pattern[..open] + word + pattern[(close + 1)..], groups));
    }

    private static KeyState ParseState(string word) => word switch
    {
        "built" => KeyState.Built,
        "later" => KeyState.NotBuiltYet,
        "none" => KeyState.NoEffect,
        _ => throw new FormatException($"unknown state {word} in the table of keys"),
    };

    private static string FillIn(IReadOnlyList<string> pattern, IReadOnlyList<string> key) =>
        string.Join('.', pattern.Select((segment, i) => segment[0] == '$' && i < key.Count ? key[i] : segment));
}
