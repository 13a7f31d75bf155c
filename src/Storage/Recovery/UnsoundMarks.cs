using Warren.Storage.Log;

namespace Warren.Storage.Recovery;

/// <summary>
/// Writes into the log what a reading has found to be lost, before anything is made from that reading that would not
/// show it any more: a mark for each group, and that every group was marked if nobody knows of which something is
/// missing.
/// </summary>
internal static class UnsoundMarks
{
    /// <summary>A record releases at most so many ranges, so that none grows beyond a mebibyte.</summary>
    private const int MostRanges = 65_536;

    /// <summary>Returns whether there was anything to write. All groups of the reading have been passed.</summary>
    public static bool Append(NodeLog log, LogReading reading)
    {
        bool hasMarked = false;
        foreach ((GroupHead head, LostEntries? lost) in reading.State.Incomplete)
        {
            IndexRange[] ranges = [.. lost?.Ranges ?? []];
            long total = head.Mark.LostEntries + (lost?.Count ?? 0);
            int at = 0;
            do
            {
                int count = Math.Min(MostRanges, ranges.Length - at);
                hasMarked |= log.TryAppendMark(head.Id, total, ranges.AsSpan(at, count));
                at += count;
            }
            while (at < ranges.Length);
        }
        if (reading.IsBroken)
            log.AppendDamage(reading.Missing);
        return hasMarked || reading.IsBroken;
    }
}
