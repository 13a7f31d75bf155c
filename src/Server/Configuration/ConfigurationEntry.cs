namespace Warren.Server.Configuration;

/// <summary>One <c>key = value</c> line of a configuration file, with the place to name when it is wrong.</summary>
/// <param name="Key">The key as written, segments joined by dots; a dot inside a segment is written <c>\.</c>.</param>
/// <param name="Value">The value without quotes, comment and surrounding space, variables replaced.</param>
/// <param name="File">The file's path as the operator knows it.</param>
/// <param name="Line">Line number from 1.</param>
public sealed record ConfigurationEntry(string Key, string Value, string File, int Line)
{
    /// <summary>The key's segments, <c>\.</c> turned back into a dot.</summary>
    public IReadOnlyList<string> Segments { get; } = SplitKey(Key);

    /// <summary><c>file:line</c>.</summary>
    public string Place => $"{File}:{Line}";

    /// <summary>Cuts a key at its dots.</summary>
    public static IReadOnlyList<string> SplitKey(string key)
    {
        var segments = new List<string>();
        var segment = new System.Text.StringBuilder();
        for (var i = 0; i < key.Length; i++)
        {
            if (key[i] == '\\' && i + 1 < key.Length && key[i + 1] == '.')
            {
                segment.Append('.');
                i++;
            }
            else if (key[i] == '.')
            {
                segments.Add(segment.ToString());
                segment.Clear();
            }
            else
            {
                segment.Append(key[i]);
            }
        }

        segments.Add(segment.ToString());
        return segments;
    }
}
