using Warren.Storage.Checkpoints;
using Warren.Storage.Log;

namespace Warren.Storage.Recovery;

/// <summary>Reads what the log has behind a checkpoint.</summary>
internal static class DeltaReading
{
    public static LogDelta Read(LogExtent extent, CheckpointTable table, List<SegmentDamage> damages)
    {
        var delta = new LogDelta(table.Lsn);
        var known = table.Segments.ToDictionary(line => line.Segment);
        RecordMerge.Run(
            Cursors(SegmentKind.Log), Cursors(SegmentKind.Survivors), extent.Durable, delta);
        return delta;

        IEnumerable<SegmentCursor> Cursors(SegmentKind kind)
        {
            foreach ((Segment segment, uint end) in extent.Segments)
            {
                if (segment.Kind != kind || IsKnown(segment, end))
                    continue;
                Lsn after = kind == SegmentKind.Log ? table.Lsn : default;
                yield return new SegmentCursor(segment, end, after, damages.Add);
            }
        }

        // All of it is in the checkpoint.
        bool IsKnown(Segment segment, uint end) =>
            known.TryGetValue(segment.Id, out SegmentLine? line) && line.Boot == segment.Boot && line.End == end;
    }
}
