namespace Warren.Storage.Recovery;

/// <summary>Where a segment of the log ends.</summary>
/// <param name="Start">Where its last whole round begins; <paramref name="End"/>: it has none.</param>
/// <param name="End">Behind that round.</param>
/// <param name="Last">The last LSN in it; 0: it has none.</param>
internal readonly record struct Tail(uint Start, uint End, Lsn Last);
