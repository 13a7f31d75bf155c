using Warren.Storage.Log;

namespace Warren.Storage.Inspection;

/// <summary>Verifies every checksum of a segment, those of bodies too, which a start does not read.</summary>
internal static class SegmentVerification
{
    /// <summary>Returns how many records are sound.</summary>
    public static long Run(Segment segment, RecordReader reader, Action<SegmentDamage> damaged)
    {
        long sound = 0;
        using var cursor = new SegmentCursor(segment, segment.End, default, damaged);
        while (cursor.MoveNext())
        {
            if (reader.TryRead(cursor.Position, out _))
            {
                sound++;
                continue;
            }
            uint at = cursor.Position.Offset;
            long end = at + (long)cursor.Current.Header.RecordBytes;
            damaged(new SegmentDamage(segment.Id, at, (uint)Math.Min(end, segment.End)) { Cause = reader.Refusal });
        }
        return sound;
    }
}
