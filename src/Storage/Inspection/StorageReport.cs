namespace Warren.Storage.Inspection;

/// <summary>All that can be said of a data directory without changing it.</summary>
public sealed record StorageReport
{
    /// <summary>Of the format, which is known, or it could not have been read.</summary>
    public required int FormatVersion { get; init; }

    /// <summary>How often it was started.</summary>
    public required long Boots { get; init; }

    /// <summary>With which the log ends.</summary>
    public required Lsn LastLsn { get; init; }

    public required IReadOnlyList<SegmentReport> Segments { get; init; }

    public required IReadOnlyList<CheckpointReport> Checkpoints { get; init; }

    /// <summary>By rising id.</summary>
    public required IReadOnlyList<GroupReport> Groups { get; init; }

    public required IReadOnlyList<DamageReport> Damages { get; init; }

    /// <summary>Files that nothing reads any more: what earlier damage has left, and spare ones.</summary>
    public required IReadOnlyList<string> OtherFiles { get; init; }

    /// <summary>What the next start will do about it, in sentences.</summary>
    public required IReadOnlyList<string> NextStart { get; init; }

    public bool IsSound => Damages.Count == 0;
}
