using Warren.Cluster.Groups;
using Warren.Storage;

namespace Warren.Broker.Queues.Replicated;

/// <summary>
/// When a member lets the log go of what is live no more: after many entries, and when that much is dead. What is not
/// compacted the node log must keep and copy like what lives, so that little of it may stay also of a queue in which
/// nothing more happens, and whatever the size of its messages. In the queue's turn.
/// </summary>
/// <param name="replica">What the member has.</param>
internal sealed class ReplicaCompaction(QueueReplica replica)
{
    /// <summary>So many entries behind the last compaction are worth the next, whatever lives of them.</summary>
    private const int FromEntries = 4096;

    /// <summary>
    /// This part of a segment is worth one, too: 1 MiB, as much as a queue leaves behind that is used no more. It
    /// costs a record of 100 bytes or so; but a member that is away while one is made gets all that lives.
    /// </summary>
    private const int SegmentParts = 32;

    /// <summary>On a small disk: what comes of a few hundred returns.</summary>
    private const int LeastBytes = 32 * 1024;

    /// <summary>
    /// All queues of a node that are used no more keep no more than half of what they may, in segments: 128 MiB.
    /// </summary>
    private const int SegmentsOfAll = MostSegments / 2;

    /// <summary>Of which each may keep as much as a state costs many times over.</summary>
    private const int LeastShareBytes = 8 * 1024;

    /// <summary>Nor less than this part of what lives: the log may take half as much again as what it keeps.</summary>
    private const int LiveParts = 4;

    /// <summary>A member that is slow does not hold compaction up beyond this.</summary>
    private const int MostEntries = 200_000;

    /// <summary>Nor beyond so many segments and as much as lives, which it would be sent instead: 256 MiB.</summary>
    private const int MostSegments = 8;

    // What cannot be read and lives no more is to go up to here.
    private LogIndex _mustReach;

    /// <summary>
    /// An entry cannot be read; true: it lives no more, and the next compaction passes it by, so that who would have
    /// been sent it is brought what lives.
    /// </summary>
    public bool TryPassBy(RaftGroup group, LogIndex index)
    {
        if (index > group.Applied || replica.IsLive(index.Value))
            return false;
        if (index > _mustReach)
            _mustReach = index;
        return true;
    }

    /// <summary>Compacts if it is time.</summary>
    /// <param name="group">The member's.</param>
    /// <param name="segmentBytes">Of the node's log, on which all else is sized.</param>
    /// <param name="members">Members of other queues with it, which share that log.</param>
    public void Tend(RaftGroup group, int segmentBytes, int members)
    {
        long before = group.CompactedIndex.Value;
        long entries = group.Applied.Value - before;
        long live = replica.Messages.RecordBytes;
        bool isMust = _mustReach > group.CompactedIndex;
        long worthBytes = Math.Max(WorthBytes(segmentBytes, members), live / LiveParts);
        if (!isMust && entries < FromEntries && replica.DeadBytes < worthBytes)
            return;
        LogIndex index = group.CompactionLimit;
        bool isHeldUp = isMust || entries > MostEntries
            || replica.DeadBytes > live + ((long)MostSegments * segmentBytes);
        if (isHeldUp || index > group.CompactionMost)
            index = group.CompactionMost;
        if (index.Value - before < (isMust ? 1 : Math.Max(1, Math.Min(FromEntries, entries) / 2)))
            return;
        (LogIndex[] lives, IndexRange[] released) = replica.Compact(index.Value, group.Applied.Value);
        group.Compact(index, lives, released);
    }

    private static long WorthBytes(int segmentBytes, int members)
    {
        long share = (long)SegmentsOfAll * segmentBytes / Math.Max(1, members);
        return Math.Clamp(share, LeastShareBytes, Math.Max(LeastBytes, segmentBytes / SegmentParts));
    }
}
