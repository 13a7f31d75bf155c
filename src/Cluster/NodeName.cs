namespace Warren.Cluster;

/// <summary>
/// What people and commands call a node: <c>rabbit@host</c>. Peers are found at the host; two running nodes of a
/// cluster never have the same name.
/// </summary>
public readonly record struct NodeName
{
    /// <summary>Erlang's limit of an atom.</summary>
    public const int MostLetters = 255;

    private NodeName(string value) => Value = value;

    public string Value { get; }

    /// <summary>The part before the at sign.</summary>
    public string Short => Value[..Value.IndexOf('@')];

    /// <summary>The part behind the at sign, a name that the resolver knows.</summary>
    public string Host => Value[(Value.IndexOf('@') + 1)..];

    /// <summary>False if it is not two parts of letters, digits, and <c>_ - .</c> around one at sign.</summary>
    public static bool TryParse(string? text, out NodeName name)
    {
        name = default;
        int at = text?.IndexOf('@') ?? -1;
        if (at <= 0 || text!.Length > MostLetters || at == text.Length - 1)
            return false;
        for (int index = 0; index < text.Length; index++)
        {
            if (index != at && !char.IsAsciiLetterOrDigit(text[index]) && text[index] is not ('_' or '-' or '.'))
                return false;
        }
        name = new NodeName(text);
        return true;
    }

    public override string ToString() => Value ?? "";
}
