namespace Warren.Cli.CommandLine;

/// <summary>A command line taken apart: what stands alone, what the switches say, and what nobody knows.</summary>
internal sealed class ParsedLine
{
    private readonly Dictionary<string, string> _values = [];

    /// <summary>What is no switch, in order; the command's name first.</summary>
    public List<string> Words { get; } = [];

    /// <summary>Switches that are unknown, or have a value they cannot have: as written, and the value.</summary>
    public List<(string Written, string? Value)> Invalid { get; } = [];

    public bool Has(string name) => _values.TryGetValue(name, out string? value) && value != "false";

    public string? Text(string name) => _values.GetValueOrDefault(name);

    public int? Number(string name) =>
        _values.TryGetValue(name, out string? value) && int.TryParse(value, out int number) ? number : null;

    public void Set(string name, string value) => _values[name] = value;
}
