namespace Warren.Cluster.Consensus;

/// <summary>A chunk that came in whole and in order.</summary>
/// <param name="Offset">Of the content; 0 begins a snapshot, and ends any other.</param>
/// <param name="Bytes">Of the content.</param>
/// <param name="IsLast">The content ends with it.</param>
/// <param name="IsAnew">The member counts for nothing: whatever it has goes, and no entry is taken for known.</param>
public readonly record struct StagedChunk(long Offset, ReadOnlyMemory<byte> Bytes, bool IsLast, bool IsAnew);
