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

    /// <summary>Removals that wait for the roster or for owners.</summary>
    public int PendingCount => _pending.Count;

    /// <summary>Copies are in place that no durable roster names yet: nothing durable may rely on them.</summary>
    public bool AwaitsRoster => _pending.Exists(pending => log.DurableLsn < pending.RosterLsn);

    /// <summary>Starts to reclaim what a checkpoint shows to be mostly dead. Nothing while the last is under way.</summary>
    public void Start(CheckpointTable table, Lsn older, uint current)
    {
        if (_pending.Count > 0)
            return;
        IReadOnlyList<SegmentLine> victims = VictimChoice.Choose(table, older, current, options.ReclaimBelowPercent);
        if (victims.Count == 0)
            return;
        var lines = victims.Select(victim => new RosterLine(victim.Segment, 0, victim.Boot, 0)).ToList();
        var copies = new SurvivorCopies(log, damaged);
        if (victims.Any(victim => victim.WantedBytes > 0))
        {
            if (copies.Write(table, victims) is not { } added)
                return;
            lines.Insert(0, added);
        }
        _pending.Add(new Pending(log.AppendRosterChange(lines), copies, victims));
    }

    /// <summary>Goes on with what has become possible: tells owners, removes files.</summary>
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
