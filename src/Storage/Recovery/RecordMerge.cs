using Warren.Storage.Log;

namespace Warren.Storage.Recovery;

/// <summary>Reads several segments at once, in the order of the records' LSNs.</summary>
internal static class RecordMerge
{
    public static void Run(IEnumerable<SegmentCursor> cursors, Lsn upTo, LogDelta delta)
    {
        // Of equal LSNs the log's own record comes before its copies.
        var waiting = new PriorityQueue<SegmentCursor, (Lsn, SegmentKind)>();
        foreach (SegmentCursor cursor in cursors)
            Enqueue(cursor);
        while (waiting.TryDequeue(out SegmentCursor? cursor, out _))
        {
            delta.Apply(cursor.Current);
            Enqueue(cursor);
        }

        void Enqueue(SegmentCursor cursor)
        {
            if (cursor.MoveNext() && cursor.Lsn <= upTo)
                waiting.Enqueue(cursor, (cursor.Lsn, cursor.Kind));
            else
                cursor.Dispose();
        }
    }
}
