using Warren.Storage;

namespace Warren.Cluster.Groups;

/// <summary>A live entry that a start or a snapshot brings.</summary>
public readonly ref struct RestoredEntry
{
    public required LogIndex Index { get; init; }

    public required Term Term { get; init; }

    public required Position Position { get; init; }

    public required int BodyBytes { get; init; }

    /// <summary>Of an entry from before there was consensus. Null: it has a body of its own.</summary>
    public SharedBody? SharedBody { get; init; }

    /// <summary>
    /// It is of the log behind what was compacted, live or not: damage has made all that is left there count.
    /// </summary>
    public bool IsOfLog { get; init; }

    /// <summary>Valid until the next entry.</summary>
    public required ReadOnlySpan<byte> Meta { get; init; }

    /// <summary>Null: it is to be read, by position. It stays what it is.</summary>
    public ReadOnlyMemory<byte>? Body { get; init; }
}
