namespace Warren.Storage.Log;

/// <summary>The log at one moment: its segments, where the durable records of each end, and the last of them.</summary>
internal sealed record LogExtent(Lsn Durable, IReadOnlyList<(Segment Segment, uint End)> Segments);
