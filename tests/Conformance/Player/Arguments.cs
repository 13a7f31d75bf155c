namespace Warren.Conformance.Player;

/// <summary>The words of a step after its verb: name=value pairs and bare words.</summary>
public sealed class Arguments
{
    public Arguments(IEnumerable<string> words)
    {
        foreach (string word in words)
        {
            int equals = word.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0 && word[0] != '"')
                Named[word[..equals] == "args" ? "arguments" : word[..equals]] = word[(equals + 1)..];
            else
                Words.Add(word);
        }
    }

    /// <summary>The pairs; args is short for arguments.</summary>
    public Dictionary<string, string> Named { get; } = [];

    /// <summary>The bare words in order.</summary>
    public List<string> Words { get; } = [];

    /// <summary>True when the pair is there and says true.</summary>
    public bool Flag(string name) => Named.GetValueOrDefault(name) == "true";
}
