using Warren.Storage.Log;

namespace Warren.Storage.Recovery;

/// <summary>
/// What is missing of the log and nobody can say of whom: every group was marked for it. A reading that finds no more
/// than this has nothing to add.
/// </summary>
/// <param name="Extent">
/// Records that are missing behind the checkpoint, or, without one, damaged places.
/// </param>
/// <param name="Base">The checkpoint's LSN; 0: there was none.</param>
internal readonly record struct ToldDamage(long Extent, Lsn Base)
{
    public static ToldDamage Of(in RecordHeader header) => new(header.Index.Value, new Lsn(header.Term.Value));

    public RecordHeader ToHeader() => new()
    {
        Kind = RecordKind.Damage,
        Index = new LogIndex(Extent),
        Term = new Term(Base.Value),
        BodyCrc = Crc32C.Of([]),
    };

    /// <summary>Whether this says all of what another reading has found.</summary>
    public bool Covers(in ToldDamage found) =>
        found.Extent <= Extent && found.Base.Value == 0 == (Base.Value == 0);
}
