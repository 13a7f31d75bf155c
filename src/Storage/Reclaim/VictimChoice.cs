using Warren.Storage.Checkpoints;
using Warren.Storage.Log;

namespace Warren.Storage.Reclaim;

/// <summary>
/// Which segments may go: those that the older of the two checkpoints covers, so that either can still be started
/// from. What is wanted of a victim is copied first.
/// </summary>
internal static class VictimChoice
{
    /// <summary>
    /// Survivors are gathered from several victims, up to about a segment at once, which a small disk has room for, and
    /// never less than this.
    /// </summary>
    private const int LeastGatheredBytes = 1024 * 1024;

    /// <param name="table">Of the newest checkpoint.</param>
    /// <param name="older">The LSN of the one before.</param>
    /// <param name="current">Segments from this one on are not victims.</param>
    /// <param name="options">
    /// A victim has less than a share of wanted bytes, if it is not damaged. A log may take some slack beyond one and a
    /// half times what is wanted, and nothing is copied but what brings it back to a segment less: most of what is
    /// partly dead dies by itself soon, and costs nothing then. What frees most for what is copied goes first.
    /// </param>
    /// <param name="isSpaceLow">No slack then: everything that helps is done.</param>
    /// <param name="roomBytes">Copies may take this much at most.</param>
    /// <param name="damaged">What is wanted of these is moved off, however much it is.</param>
    /// <param name="isTried">Something in it could not be read, and nothing has changed since.</param>
    public static IReadOnlyList<SegmentLine> Choose(
        CheckpointTable table, Lsn older, uint current, NodeLogOptions options, bool isSpaceLow,
        long roomBytes, IReadOnlySet<uint> damaged, Predicate<SegmentLine> isTried)
    {
        long wantedBytes = table.Segments.Sum(line => line.WantedBytes);
        long slackBytes = (long)options.ReclaimSlackSegments * options.SegmentBytes;
        long excessBytes =
            table.Segments.Sum(line => (long)line.End) - (wantedBytes + (wantedBytes / 2) + slackBytes);
        long toFreeBytes = isSpaceLow ? long.MaxValue : excessBytes > 0 ? excessBytes + options.SegmentBytes : 0;
        var victims = new List<SegmentLine>();
        long copiedBytes = 0;
        int mostCopiedBytes = Math.Max(options.SegmentBytes, LeastGatheredBytes);
        foreach (SegmentLine line in table.Segments.OrderBy(line => (double)line.WantedBytes / line.End))
        {
            bool isCovered = line.Kind == SegmentKind.Survivors || (line.Last <= older && line.Segment < current);
            bool isMostlyDead = line.WantedBytes == 0
                || (toFreeBytes > 0 && line.WantedBytes * 100 < line.End * (long)options.ReclaimBelowPercent);
            if (!isCovered || isTried(line) || !(isMostlyDead || damaged.Contains(line.Segment)))
                continue;
            // One behind it may be smaller, and fit.
            if (copiedBytes + line.WantedBytes > roomBytes)
                continue;
            copiedBytes += line.WantedBytes;
            if (copiedBytes > mostCopiedBytes && victims.Count > 0)
                break;
            victims.Add(line);
            toFreeBytes -= line.End - line.WantedBytes;
        }
        return victims;
    }
}
