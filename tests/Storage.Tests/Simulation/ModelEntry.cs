namespace Warren.Storage.Tests.Simulation;

/// <summary>An entry as it was appended.</summary>
internal sealed record ModelEntry(long Index, long Term, Lsn Lsn, byte[] Meta, byte[] Body, long SharedBody)
{
    /// <summary>Where its owner believes it to be.</summary>
    public Position Position { get; set; }

    public bool IsAt(RecoveredEntry found) =>
        found.Index.Value == Index && found.Term.Value == Term && found.Meta.SequenceEqual(Meta)
        && (SharedBody == 0
            ? found.SharedBody is null && found.BodyBytes == Body.Length
            : found.SharedBody?.Lsn.Value == SharedBody);
}
