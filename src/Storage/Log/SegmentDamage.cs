namespace Warren.Storage.Log;

/// <summary>Bytes of a segment that should be records and are not; <see cref="From"/> 0: the whole file.</summary>
internal readonly record struct SegmentDamage(uint Segment, uint From, uint To)
{
    public string Describe() => From == 0
        ? $"{SegmentName.PathOf(Segment)} is missing or cannot be read"
        : $"{SegmentName.PathOf(Segment)} is damaged from byte {From} to byte {To}";

    public bool Contains(Position position) =>
        position.Segment == Segment && (From == 0 || (position.Offset >= From && position.Offset < To));
}
