namespace Warren.Storage.Inspection;

/// <summary>What there is to say of a segment's file.</summary>
/// <param name="File">Its path in the data directory.</param>
/// <param name="Kind">log or survivors.</param>
/// <param name="SizeBytes">Of the file; null: it is missing.</param>
/// <param name="EndBytes">Where its records end.</param>
/// <param name="Records">Sound ones.</param>
/// <param name="LiveBytes">Of records that are wanted, as far as a start would find them.</param>
/// <param name="IsDamaged">Something in it is not what was written, or it was found to be so before.</param>
public sealed record SegmentReport(
    string File, string Kind, long? SizeBytes, long EndBytes, long Records, long LiveBytes, bool IsDamaged);
