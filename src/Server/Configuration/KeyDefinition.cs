namespace Warren.Server.Configuration;

/// <summary>One key of the table, or one family of keys when a segment of the pattern is <c>$name</c>.</summary>
/// <param name="Pattern">Segments joined by dots; <c>$name</c> stands for any one segment.</param>
/// <param name="Type">What a value must look like.</param>
/// <param name="State">Whether it works.</param>
/// <param name="Versions">Which RabbitMQ knows it: <c>3</c>, <c>4</c>, <c>3,4</c>, or <c>warren</c> for our
/// own.</param>
/// <param name="Default">The default as people read it; empty when there is none.</param>
public sealed record KeyDefinition(string Pattern, ValueType Type, KeyState State, string Versions, string Default)
{
    /// <summary>The pattern's segments.</summary>
    public IReadOnlyList<string> Segments { get; } = Pattern.Split('.');

    /// <summary>True when no segment is free.</summary>
    public bool IsExact => !Pattern.Contains('$', StringComparison.Ordinal);

    /// <summary>True when a key with these segments belongs to this pattern.</summary>
    public bool Matches(IReadOnlyList<string> key)
    {
        if (key.Count != Segments.Count)
            return false;
        for (var i = 0; i < key.Count; i++)
        {
            if (Segments[i][0] == '$' ? key[i].Length == 0 : Segments[i] != key[i])
                return false;
        }

        return true;
    }
}
