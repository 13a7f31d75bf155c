namespace Warren.Cluster.Consensus;

/// <summary>A chunk that came in whole and in order.</summary>
public readonly record struct StagedChunk(long Offset, ReadOnlyMemory<byte> Bytes, bool IsLast);
