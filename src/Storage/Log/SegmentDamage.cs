namespace Warren.Storage.Log;

/// <summary>Bytes of a segment that should be records, or its header, and are not.</summary>
internal readonly record struct SegmentDamage(uint Segment, uint From, uint To)
{
    /// <summary>The file is not there, or nothing in it can be told.</summary>
    public static SegmentDamage Whole(uint segment) => new(segment, 0, uint.MaxValue);

    /// <summary>What the disk said when it could not be read; null: it was read, and is not what was written.</summary>
    public string? Cause { get; init; }

    public string Describe()
    {
        string what = To == uint.MaxValue
            ? $"{SegmentName.PathOf(Segment)} is missing or cannot be read"
            : $"{SegmentName.PathOf(Segment)} is damaged from byte {From} to byte {To}";
        return Cause is null ? what : $"{what}: {Cause}";
    }

    /// <summary>Each place once, whatever was said of it.</summary>
    public static IEnumerable<SegmentDamage> Distinct(IEnumerable<SegmentDamage> damages) =>
        damages.DistinctBy(static damage => (damage.Segment, damage.From, damage.To));

    /// <summary>Not if it is the header alone, which says nothing that is not said elsewhere.</summary>
    public bool MayTakeRecords => To > SegmentHeader.SizeBytes;

    public bool Contains(Position position) =>
        position.Segment == Segment && position.Offset >= From && position.Offset < To;
}
