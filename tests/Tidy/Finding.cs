namespace Warren.Tidy;

/// <summary>One breach of a rule; line 0 speaks of the whole file.</summary>
public sealed record Finding(string Path, int Line, string Message)
{
    public override string ToString() => Line == 0 ? $"{Path}: {Message}" : $"{Path}:{Line}: {Message}";
}
