namespace Warren.Storage.Inspection;

/// <summary>What there is to say of a checkpoint's file.</summary>
/// <param name="File">Its path in the data directory.</param>
/// <param name="SizeBytes">Of the file.</param>
/// <param name="Lsn">Everything up to here is in it; null: it is damaged.</param>
/// <param name="IsUsed">The next start begins with it.</param>
public sealed record CheckpointReport(string File, long SizeBytes, Lsn? Lsn, bool IsUsed);
