using Warren.Storage.Checkpoints;
using Warren.Storage.Disk;
using Warren.Storage.Log;
using Warren.Storage.Recovery;

namespace Warren.Storage.Reclaim;

/// <summary>
/// Gives space back after a checkpoint: copies what is wanted of mostly dead segments into a segment of survivors, has
/// the roster name the one and no longer the others in one record, and removes the others' files when that record is
/// durable and no owner reads from them any more.
/// Order: the copies are durable before the roster names them; the roster is durable before anything is removed.
/// </summary>
internal sealed class Reclaimer(NodeLog log, NodeLogOptions options, Action<string> damaged)
{
    private readonly List<Pending> _pending = [];

    // Something in them cannot be read, and what was wanted of them then: they stay until that changes.
    private readonly Dictionary<uint, long> _unreadable = [];

    /// <summary>Removals that wait for the roster or for owners.</summary>
    public int PendingCount => _pending.Count;

    /// <summary>Copies are in place that no durable roster names yet: nothing durable may rely on them.</summary>
    public bool AwaitsRoster => _pending.Exists(pending => log.DurableLsn < pending.RosterLsn);

    /// <summary>
    /// Starts to reclaim what a checkpoint shows to be mostly dead. Nothing while the last is under way.
    /// </summary>
    /// <param name="table">Of the newest checkpoint.</param>
    /// <param name="older">Where the one that it was made from ends.</param>
    /// <param name="current">
    /// The segment that was being written when it was made: it and later ones are more by now.
    /// </param>
    /// <param name="isSpaceLow">Whatever can be given back is, whatever it costs.</param>
    /// <exception cref="DiskException">The disk refused; nothing has changed.</exception>
    public void Start(CheckpointTable table, Lsn older, uint current, bool isSpaceLow)
    {
        if (_pending.Count > 0)
            return;
        var damagedSegments = log.Segments.All().Where(each => each.IsDamaged).Select(each => each.Id).ToHashSet();
        IReadOnlyList<SegmentLine> victims = VictimChoice.Choose(
            table, older, current, options, isSpaceLow, RoomBytes, damagedSegments,
            line => _unreadable.TryGetValue(line.Segment, out long wanted) && wanted == line.WantedBytes);
        if (victims.Count == 0)
            return;
        var copies = new SurvivorCopies(log, damaged);
        RosterLine? added = null;
        try
        {
            if (victims.Any(victim => victim.WantedBytes > 0))
                added = copies.Write(table, victims);
        }
        catch (DiskException error) when (error.Failure == DiskFailure.NoSpace)
        {
            // No room for copies: those go of which nothing is wanted, and make some.
            victims = [.. victims.Where(victim => victim.WantedBytes == 0)];
            if (victims.Count == 0)
                throw;
            copies = new SurvivorCopies(log, damaged);
        }
        foreach (SegmentLine victim in victims.Where(victim => copies.Unreadable.Contains(victim.Segment)))
            _unreadable[victim.Segment] = victim.WantedBytes;
        if (copies.HasFailed)
            return;
        victims = [.. victims.Where(victim => !copies.Unreadable.Contains(victim.Segment))];
        var lines = victims.Select(victim => new RosterLine(victim.Segment, 0, victim.Boot, 0)).ToList();
        if (added is { } line)
            lines.Insert(0, line);
        if (lines.Count > 0)
            _pending.Add(new Pending(log.AppendRosterChange(lines), copies, victims));
    }

    // Copies that took the last of a full disk would leave none for the change of the roster without which they are of
    // no use: what the log has not written yet and half of its part of the reserve stay free.
    private long RoomBytes => log.Space.IsShort
        ? Math.Max(0, log.Disk.FreeBytes - log.PendingBytes - (options.ReserveBytes / 4))
        : long.MaxValue;

    /// <summary>Goes on with what has become possible: tells owners, removes files.</summary>
    /// <exception cref="DiskException">The disk refused; the rest is done the next time.</exception>
    /// <param name="spares">So many files are kept to be used again.</param>
    public void Continue(int spares)
    {
        foreach (Pending pending in _pending.ToArray())
        {
            if (log.DurableLsn < pending.RosterLsn)
                continue;
            if (!pending.IsTold)
            {
                pending.IsTold = true;
                pending.Copies.TellOwners();
            }
            if (!pending.Copies.AreApplied)
                continue;
            foreach (SegmentLine victim in pending.Victims)
            {
                if (!log.Segments.TryGet(victim.Segment, out Segment? segment))
                    continue;
                SegmentFiles.Remove(log.Disk, segment, spares, log.Segments);
                if (segment.IsDamaged)
                {
                    damaged(
                        $"nothing in {SegmentName.PathOf(segment.Id)} is wanted any more; it is kept as "
                        + $"{SegmentName.PathOf(segment.Id)}{SegmentFiles.DamagedSuffix}, and may be deleted");
                }
            }
            // What their records overruled may be reclaimed from now on: they must not come back.
            log.Disk.SyncDirectory(SegmentName.Directory);
            _pending.Remove(pending);
        }
    }

    private sealed class Pending(Lsn rosterLsn, SurvivorCopies copies, IReadOnlyList<SegmentLine> victims)
    {
        public Lsn RosterLsn { get; } = rosterLsn;

        public SurvivorCopies Copies { get; } = copies;

        public IReadOnlyList<SegmentLine> Victims { get; } = victims;

        public bool IsTold { get; set; }
    }
}
