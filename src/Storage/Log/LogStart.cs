namespace Warren.Storage.Log;

/// <summary>Where a log goes on: what recovery found, made durable.</summary>
internal sealed record LogStart(
    long Boot, uint LastSegment, Lsn LastLsn, uint Previous, uint PreviousEnd, SegmentTable Segments,
    SpaceReserve Reserve)
{
    /// <summary>There was no log, nor anything that may have been one.</summary>
    public bool IsNew { get; init; }
}
