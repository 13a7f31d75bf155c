using System.Numerics;

namespace Warren.Storage;

/// <summary>Sizes of the node log, with the reasons for their defaults.</summary>
public sealed record NodeLogOptions
{
    /// <summary>
    /// A segment takes no further round beyond this. 32 MiB: large enough that making one (two syncs) is rare, small
    /// enough that space comes back in small pieces: a log with next to nothing live keeps some five of them.
    /// </summary>
    public int SegmentBytes { get; init; } = 32 * 1024 * 1024;

    /// <summary>
    /// Appended and not yet durable bytes beyond which owners should hold publishers back: a round takes this much at
    /// most twice over.
    /// </summary>
    public int PendingLimitBytes { get; init; } = 8 * 1024 * 1024;

    /// <summary>
    /// What one round holds, unless a single record is larger. 32 MiB: owners that are far ahead fill several rounds,
    /// and none takes so long that others wait for seconds.
    /// </summary>
    public int MostRoundBytes { get; init; } = 32 * 1024 * 1024;

    /// <summary>
    /// The log grows by this much, at least, between two checkpoints: what recovery reads beyond a checkpoint. Twice
    /// this stays although nothing in it is wanted, and twice over again where checkpoints take as long as the log
    /// takes to grow by it. 32 MiB: with half as much the rest of what the log keeps would outweigh it.
    /// </summary>
    public long CheckpointSpacingBytes { get; init; } = 32 * 1024 * 1024;

    /// <summary>
    /// The log also grows by this many times the last checkpoint's size, so that checkpoints stay cheap.
    /// </summary>
    public int CheckpointSpacingFactor { get; init; } = 10;

    /// <summary>
    /// A checkpoint is also due when the records since the last one would take this much memory while the next is made,
    /// and more than twice the last one's size: small ones may pass while much waits. 64 MiB: a few millions of them.
    /// </summary>
    public long CheckpointMemoryBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>A segment with less than this share of live bytes is copied forward, percent.</summary>
    public int ReclaimBelowPercent { get; init; } = 50;

    /// <summary>
    /// The log may take this many segments' bytes beyond one and a half times what is wanted of it before anything is
    /// copied forward. 3: with the segment that is written, the spare, the reserve and what is added until the next
    /// checkpoint within twice the live data and 256 MiB, which is what an operator has to reckon with.
    /// </summary>
    public int ReclaimSlackSegments { get; init; } = 3;

    /// <summary>
    /// Dropped segments that are kept to be used again: their blocks are allocated and written. 1: they come as fast as
    /// they are taken, one for each checkpoint's spacing.
    /// </summary>
    public int SpareSegments { get; init; } = 1;

    /// <summary>
    /// Kept free for when the disk is full, one half for the log, one for checkpoints and reclaim; 0: nothing is. A
    /// segment: twice over what owners may have appended when they are told to hold publishers back, and the rest for
    /// what consumers release.
    /// </summary>
    public long ReserveBytes { get; init; } = 32 * 1024 * 1024;

    /// <summary>
    /// Sizes for a file system of this size: a segment is at most a sixteenth of it, so that what the log keeps for
    /// itself (the segment that is written, the last one, the reserve, a victim and its survivors) leaves two thirds
    /// for messages. 32 MiB from 512 MiB on, and never less than 1 MiB, below which each segment's roster and syncs
    /// would cost more than the space is worth. What else is sized like a segment follows.
    /// </summary>
    public static NodeLogOptions For(long totalBytes)
    {
        var most = new NodeLogOptions();
        long share = Math.Clamp(totalBytes / 16, 1024 * 1024, most.SegmentBytes);
        int segmentBytes = 1 << BitOperations.Log2((ulong)share);
        return most with
        {
            SegmentBytes = segmentBytes,
            PendingLimitBytes = Math.Min(most.PendingLimitBytes, segmentBytes / 4),
            MostRoundBytes = segmentBytes,
            CheckpointSpacingBytes = segmentBytes,
            ReserveBytes = segmentBytes,
        };
    }
}
