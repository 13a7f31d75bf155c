using Warren.Storage.Log;

namespace Warren.Storage.Recovery;

/// <summary>
/// Reads several segments as one, in the order of the records' LSNs: those of the log, which follow each other and are
/// opened one at a time, and those of survivors, each of which may reach back to anything. Of several copies of a
/// record the one in the newest segment comes last: what it was copied from may be on its way out.
/// </summary>
internal static class RecordMerge
{
    public static void Run(
        IEnumerable<SegmentCursor> log, IEnumerable<SegmentCursor> survivors, Lsn upTo, LogDelta delta)
    {
        var waiting = new PriorityQueue<SegmentCursor, (Lsn Lsn, uint Segment)>();
        foreach (SegmentCursor cursor in survivors)
            Enqueue(cursor);
        foreach (SegmentCursor cursor in log)
        {
            using (cursor)
            {
                while (cursor.MoveNext() && cursor.Lsn <= upTo)
                {
                    if (!Planted.Is(PlantedBug.SurvivorReadAsNewer))
                        Take(cursor.Lsn);
                    delta.Follow(cursor.Lsn);
                    delta.Apply(cursor.Current);
                }
            }
        }
        delta.Follow(new Lsn(upTo.Value + 1));
        Take(new Lsn(long.MaxValue));

        // What is older than the log's next record; of equal LSNs the log's own comes before its copies.
        void Take(Lsn before)
        {
            while (waiting.TryPeek(out SegmentCursor? cursor, out (Lsn Lsn, uint Segment) first) && first.Lsn < before)
            {
                waiting.Dequeue();
                delta.Apply(cursor.Current);
                Enqueue(cursor);
            }
        }

        void Enqueue(SegmentCursor cursor)
        {
            if (cursor.MoveNext())
                waiting.Enqueue(cursor, (cursor.Lsn, cursor.Position.Segment));
            else
                cursor.Dispose();
        }
    }
}
