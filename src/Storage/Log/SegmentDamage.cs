namespace Warren.Storage.Log;

/// <summary>Bytes of a segment that should be records, or its header, and are not.</summary>
internal readonly record struct SegmentDamage(uint Segment, uint From, uint To)
{
    /// <summary>The file is not there, or nothing in it can be told.</summary>
    public static SegmentDamage Whole(uint segment) => new(segment, 0, uint.MaxValue);

    public string Describe() => To == uint.MaxValue
        ? $"{SegmentName.PathOf(Segment)} is missing or cannot be read"
        : $"{SegmentName.PathOf(Segment)} is damaged from byte {From} to byte {To}";

    /// <summary>Not if it is the header alone, which says nothing that is not said elsewhere.</summary>
    public bool MayTakeRecords => To > SegmentHeader.SizeBytes;

    public bool Contains(Position position) =>
        position.Segment == Segment && position.Offset >= From && position.Offset < To;
}
