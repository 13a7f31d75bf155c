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

    /// <param name="table">Of the newest checkpoint.</param>
    /// <param name="older">The LSN of the one before.</param>
    /// <param name="current">Segments from this one on are not victims.</param>
    /// <param name="belowPercent">A victim has less than this share of wanted bytes, if it is not damaged.</param>
    /// <param name="slackBytes">
    /// What a log may take beyond one and a half times what is wanted before anything is copied: most of what is partly
    /// dead dies by itself soon, and costs nothing then. Null: space is low, everything that helps is done.
    /// </param>
    /// <param name="damaged">What is wanted of these is moved off, however much it is.</param>
    /// <param name="isTried">Something in it could not be read, and nothing has changed since.</param>
    public static IReadOnlyList<SegmentLine> Choose(
        CheckpointTable table, Lsn older, uint current, int belowPercent, long? slackBytes,
        IReadOnlySet<uint> damaged, Predicate<SegmentLine> isTried)
    {
        long wantedBytes = table.Segments.Sum(line => line.WantedBytes);
        bool mayCopy = slackBytes is null
            || table.Segments.Sum(line => (long)line.End) > wantedBytes + (wantedBytes / 2) + slackBytes;
        var victims = new List<SegmentLine>();
        long copiedBytes = 0;
        foreach (SegmentLine line in table.Segments.OrderBy(line => line.WantedBytes))
        {
            bool isCovered = line.Kind == SegmentKind.Survivors || (line.Last <= older && line.Segment < current);
            bool isMostlyDead = line.WantedBytes == 0
                || (mayCopy && line.WantedBytes * 100 < line.End * (long)belowPercent);
            if (!isCovered || isTried(line) || !(isMostlyDead || damaged.Contains(line.Segment)))
                continue;
            copiedBytes += line.WantedBytes;
            if (copiedBytes > MostCopiedBytes && victims.Count > 0)
                break;
            victims.Add(line);
        }
        return victims;
    }
}
