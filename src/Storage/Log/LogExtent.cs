namespace Warren.Storage.Log;

/// <summary>The log at one moment.</summary>
/// <param name="Durable">The last durable record.</param>
/// <param name="Segments">With the ends of their durable records.</param>
/// <param name="Current">
/// The segment that is written, or will be with the next round: this and later ones change.
/// </param>
/// <param name="HeldBodies">LSNs of shared bodies that somebody holds, who may append entries that name them.</param>
internal sealed record LogExtent(
    Lsn Durable, IReadOnlyList<(Segment Segment, uint End)> Segments, uint Current, IReadOnlySet<long> HeldBodies);
