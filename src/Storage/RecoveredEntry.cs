namespace Warren.Storage;

/// <summary>A live entry as recovery found it. Its body is read later, by position.</summary>
public readonly ref struct RecoveredEntry
{
    public required LogIndex Index { get; init; }

    public required Term Term { get; init; }

    public required Position Position { get; init; }

    /// <summary>Of a body of its own.</summary>
    public required int BodyBytes { get; init; }

    /// <summary>Null: it has its own.</summary>
    public required SharedBody? SharedBody { get; init; }

    /// <summary>Valid until the next entry.</summary>
    public required ReadOnlySpan<byte> Meta { get; init; }
}
