using Warren.Storage.Checkpoints;
using Warren.Storage.Log;

namespace Warren.Storage.Reclaim;

/// <summary>
/// Which segments may go: those that the older of the two checkpoints covers, so that either can still be started
/// from. What is wanted of a victim is copied first.
/// </summary>
internal static class VictimChoice
{
    /// <summary>Survivors are gathered from several victims, up to about this much at once.</summary>
    private const long MostCopiedBytes = 64 * 1024 * 1024;

    public static IReadOnlyList<SegmentLine> Choose(
        CheckpointTable table, Lsn older, uint current, int belowPercent, IReadOnlySet<uint> except)
    {
        var victims = new List<SegmentLine>();
        long copiedBytes = 0;
        foreach (SegmentLine line in table.Segments.OrderBy(line => line.WantedBytes))
        {
            bool isCovered = line.Kind == SegmentKind.Survivors || (line.Last <= older && line.Segment < current);
            if (!isCovered || except.Contains(line.Segment) || line.WantedBytes * 100 >= line.End * (long)belowPercent)
                continue;
            copiedBytes += line.WantedBytes;
            if (copiedBytes > MostCopiedBytes && victims.Count > 0)
                break;
            victims.Add(line);
        }
        return victims;
    }
}
