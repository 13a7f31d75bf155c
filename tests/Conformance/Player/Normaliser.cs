using System.Text.RegularExpressions;

namespace Warren.Conformance.Player;

/// <summary>
/// Replaces what a broker invents by its order of appearance in a scenario: amq.gen-&lt;1&gt;, amq.ctag-&lt;1&gt;, the
/// token of a direct reply-to address; and the scenario's own virtual host by "/".
/// </summary>
public sealed partial class Normaliser(string virtualHost)
{
    private readonly Dictionary<string, string> _seen = [];
    private readonly Dictionary<string, int> _counts = [];

    /// <summary>The line with everything invented replaced.</summary>
    public string Apply(string line)
    {
        line = Invented().Replace(line, match => Numbered(match.Groups[1].Value, match.Value));
        return line.Replace(virtualHost, "/", StringComparison.Ordinal);
    }

    private string Numbered(string kind, string value)
    {
        if (_seen.TryGetValue(value, out string? known))
            return known;
        int count = _counts[kind] = _counts.GetValueOrDefault(kind) + 1;
        return _seen[value] = $"{kind}<{count}>";
    }

    [GeneratedRegex(@"(amq\.gen-|amq\.ctag-|amq\.rabbitmq\.reply-to\.)[A-Za-z0-9_\-.+/=]+")]
    private static partial Regex Invented();
}
