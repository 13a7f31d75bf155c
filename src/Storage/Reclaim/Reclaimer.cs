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

    // Something in them cannot be read: they stay, or they would keep all others from being reclaimed.
    private readonly HashSet<uint> _unreadable = [];

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
    /// <exception cref="DiskException">The disk refused; nothing has changed.</exception>
    public void Start(CheckpointTable table, Lsn older, uint current)
    {
        if (_pending.Count > 0)
            return;
        IReadOnlyList<SegmentLine> victims =
            VictimChoice.Choose(table, older, current, options.ReclaimBelowPercent, _unreadable);
        if (victims.Count == 0)
            return;
        var lines = victims.Select(victim => new RosterLine(victim.Segment, 0, victim.Boot, 0)).ToList();
        var copies = new SurvivorCopies(log, damaged);
        if (victims.Any(victim => victim.WantedBytes > 0))
        {
            if (copies.Write(table, victims) is not { } added)
            {
                if (copies.Unreadable is { } unreadable)
                    _unreadable.Add(unreadable);
                return;
            }
            lines.Insert(0, added);
        }
        _pending.Add(new Pending(log.AppendRosterChange(lines), copies, victims));
    }

    /// <summary>Goes on with what has become possible: tells owners, removes files.</summary>
    /// <exception cref="DiskException">The disk refused; the rest is done the next time.</exception>
    public void Continue()
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
                if (log.Segments.TryGet(victim.Segment, out Segment? segment))
                    SegmentFiles.Remove(log.Disk, segment, options.SpareSegments, log.Segments);
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
