using System.Globalization;
using Warren.Broker;

namespace Warren.Server.Configuration;

/// <summary>
/// The settings of all configuration files together: every key known, every value of its key's type, one value a
/// key. What the parts of <see cref="NodeOptions"/> are read from. Immutable once made.
/// </summary>
public sealed class Settings
{
    private readonly Dictionary<string, ConfigurationEntry> _entries;

    private Settings(Dictionary<string, ConfigurationEntry> entries, IReadOnlyList<ConfigurationNote> notes)
    {
        _entries = entries;
        Notes = notes;
    }

    /// <summary>No settings at all: every default holds.</summary>
    public static Settings Empty { get; } = new([], []);

    /// <summary>Repeated keys, keys not built yet, keys without effect; in file order.</summary>
    public IReadOnlyList<ConfigurationNote> Notes { get; }

    /// <summary>Checks entries against the table and merges them; of a repeated key the last one holds.</summary>
    /// <exception cref="ConfigurationException">An unknown key or a value that is not of the key's type.</exception>
    public static Settings From(IEnumerable<ConfigurationEntry> entries, KeyTable table)
    {
        var merged = new Dictionary<string, ConfigurationEntry>();
        var notes = new List<ConfigurationNote>();
        foreach (var entry in entries)
        {
            var definition = table.Find(entry) ?? throw new ConfigurationException(
                entry, $"unknown key {entry.Key}; the nearest known key is {table.Nearest(entry.Key)}");
            Check(entry, definition);
            if (merged.TryGetValue(entry.Key, out var earlier))
            {
                notes.Add(new ConfigurationNote(
                    LogLevel.Warning, $"{entry.Place}: {entry.Key} replaces the value set in {earlier.Place}"));
            }

            merged[entry.Key] = entry;
            if (NoteOn(entry, definition.State) is { } note)
                notes.Add(note);
        }

        return new Settings(merged, notes);
    }

    /// <summary>The entry of a key, or null when it is not set.</summary>
    public ConfigurationEntry? Find(string key) => _entries.GetValueOrDefault(key);

    /// <summary>True when the key is set to this very word, such as <c>none</c>.</summary>
    public bool Is(string key, string word) => Find(key)?.Value == word;

    public string? Text(string key) => Find(key)?.Value;

    public bool? Bool(string key) => Find(key) is { } entry ? entry.Value is "true" or "on" : null;

    /// <exception cref="ConfigurationException">The number does not fit 32 bits.</exception>
    public int? Int(string key)
    {
        if (Find(key) is not { } entry)
            return null;
        return int.TryParse(entry.Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new ConfigurationException(
                entry, $"expected {key} to be at most {int.MaxValue}, found \"{entry.Value}\"");
    }

    public long? Long(string key) =>
        Find(key) is { } entry && ValueText.TryInt(entry.Value, out var number) ? number : null;

    /// <summary>A number or <c>infinity</c>: the number, or <paramref name="infinite"/>; null when not set.</summary>
    public int? IntOr(string key, int? infinite) => Is(key, "infinity") ? infinite : Int(key);

    /// <summary>A duration with units, or milliseconds.</summary>
    public long? DurationMs(string key) =>
        Find(key) is { } entry && ValueText.TryDuration(entry.Value, out var durationMs) ? durationMs : null;

    public double? Float(string key) =>
        Find(key) is { } entry && ValueText.TryFloat(entry.Value, out var number) ? number : null;

    public long? Size(string key) =>
        Find(key) is { } entry && ValueText.TrySize(entry.Value, out var sizeBytes) ? sizeBytes : null;

    public long? ByteSize(string key) =>
        Find(key) is { } entry && ValueText.TryByteSize(entry.Value, out var sizeBytes) ? sizeBytes : null;

    public LogLevel? Level(string key) =>
        Find(key) is { } entry && ValueText.TryLevel(entry.Value, out var level) ? level : null;

    /// <summary>
    /// The entries <c>prefix.NAME</c> with their names: numbered names by number, then the others by letter.
    /// </summary>
    public IReadOnlyList<(string Name, ConfigurationEntry Entry)> Named(string prefix)
    {
        var depth = ConfigurationEntry.SplitKey(prefix).Count;
        return
        [
            .. _entries.Values
                .Where(e => e.Segments.Count == depth + 1 && e.Key.StartsWith(prefix + ".", StringComparison.Ordinal))
                .Select(e => (Name: e.Segments[depth], Entry: e))
                .OrderBy(e => int.TryParse(e.Name, out var number) ? number : int.MaxValue)
                .ThenBy(e => e.Name, StringComparer.Ordinal),
        ];
    }

    /// <summary>All entries whose key starts with <c>prefix.</c>, in file order.</summary>
    public IEnumerable<ConfigurationEntry> Under(string prefix) =>
        _entries.Values.Where(e => e.Key.StartsWith(prefix + ".", StringComparison.Ordinal));

    private static void Check(ConfigurationEntry entry, KeyDefinition definition)
    {
        if (entry.Value.StartsWith("encrypted:", StringComparison.Ordinal))
        {
            throw new ConfigurationException(
                entry,
                $"{entry.Key} holds an encrypted value; decryption is not built yet, "
                + "so write it plainly or as $(VARIABLE)");
        }

        if (definition.Type.Refuses(entry.Value) is not { } expected)
            return;
        var found = definition.Type.Kind == ValueKind.Secret ? "something else" : $"\"{entry.Value}\"";
        throw new ConfigurationException(entry, $"expected {entry.Key} to be {expected}; found {found}");
    }

    private static ConfigurationNote? NoteOn(ConfigurationEntry entry, KeyState state) => state switch
    {
        KeyState.NotBuiltYet => new ConfigurationNote(
            LogLevel.Warning, $"{entry.Place}: {entry.Key} is accepted, but what it configures is not built yet"),
        KeyState.NoEffect => new ConfigurationNote(
            LogLevel.Info, $"{entry.Place}: {entry.Key} is accepted and has no effect in Warren"),
        _ => null,
    };
}
