namespace Warren.Storage.Inspection;

/// <summary>A record as it lies in its segment.</summary>
public sealed record DumpedRecord
{
    public required Lsn Lsn { get; init; }

    public required Position Position { get; init; }

    /// <summary>In the words of docs/formats/node-log.md.</summary>
    public required string Kind { get; init; }

    /// <summary>0: the log's own.</summary>
    public required GroupId Group { get; init; }

    public required LogIndex Index { get; init; }

    public required Term Term { get; init; }

    /// <summary>An entry that is live until it is released.</summary>
    public required bool IsKept { get; init; }

    /// <summary>A copy of a record whose segment went, or will.</summary>
    public required bool IsSurvivor { get; init; }

    /// <summary>LSN of the body that it shares; 0: none.</summary>
    public required long SharedBody { get; init; }

    public required IReadOnlyList<IndexRange> Releases { get; init; }

    public required int MetaBytes { get; init; }

    public required int BodyBytes { get; init; }

    public required bool IsBodySound { get; init; }

    /// <summary>If it was asked for, and is sound.</summary>
    public byte[]? Body { get; init; }
}
