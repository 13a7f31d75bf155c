namespace Warren.Storage;

/// <summary>Sizes of the node log, with the reasons for their defaults.</summary>
public sealed record NodeLogOptions
{
    /// <summary>
    /// A segment takes no further round beyond this. 64 MiB: large enough that making one is rare, small enough that
    /// space comes back in small pieces.
    /// </summary>
    public int SegmentBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>
    /// Appended and not yet durable bytes beyond which owners should hold publishers back: a round takes this much at
    /// most twice over.
    /// </summary>
    public int PendingLimitBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>
    /// What one round holds, unless a single record is larger. 64 MiB: owners that are far ahead fill several rounds,
    /// and none takes so long that others wait for seconds.
    /// </summary>
    public int MostRoundBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>
    /// The log grows by this much, at least, between two checkpoints: what recovery reads beyond a checkpoint.
    /// </summary>
    public long CheckpointSpacingBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>
    /// The log also grows by this many times the last checkpoint's size, so that checkpoints stay cheap.
    /// </summary>
    public int CheckpointSpacingFactor { get; init; } = 10;

    /// <summary>A segment with less than this share of live bytes is copied forward, percent.</summary>
    public int ReclaimBelowPercent { get; init; } = 50;

    /// <summary>
    /// The log may take this many segments' bytes beyond one and a half times what is wanted of it before anything is
    /// copied forward. 2: well within twice the live data and 256 MiB, which is what an operator has to reckon with.
    /// </summary>
    public int ReclaimSlackSegments { get; init; } = 2;

    /// <summary>Dropped segments that are kept to be used again: their blocks are allocated and written.</summary>
    public int SpareSegments { get; init; } = 2;
}
