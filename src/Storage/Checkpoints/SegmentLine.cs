using Warren.Storage.Log;

namespace Warren.Storage.Checkpoints;

/// <summary>What a checkpoint knows of a segment.</summary>
internal sealed record SegmentLine(uint Segment, SegmentKind Kind, long Boot, uint End, Lsn Last)
{
    /// <summary>Bytes of live records.</summary>
    public long LiveBytes { get; set; }

    /// <summary>Bytes of records that overrule others, live or not.</summary>
    public long OverrulingBytes { get; set; }

    /// <summary>Other segments that exist and have records which records of this one overrule.</summary>
    public required IReadOnlyCollection<uint> Overrules { get; init; }

    /// <summary>What of it must stay somewhere.</summary>
    public long WantedBytes => LiveBytes
        + (Overrules.Count > 0 && !Planted.Is(PlantedBug.OverrulingReclaimedEarly) ? OverrulingBytes : 0);
}
