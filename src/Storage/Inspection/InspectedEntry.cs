namespace Warren.Storage.Inspection;

/// <summary>Told of a live entry of a group; both spans are valid during the call.</summary>
/// <param name="index">Its index.</param>
/// <param name="meta">Its meta.</param>
/// <param name="body">Its body; empty if it cannot be read.</param>
public delegate void InspectedEntry(LogIndex index, ReadOnlySpan<byte> meta, ReadOnlySpan<byte> body);
