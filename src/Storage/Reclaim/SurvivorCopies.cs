using Warren.Storage.Checkpoints;
using Warren.Storage.Log;
using Warren.Storage.Recovery;

namespace Warren.Storage.Reclaim;

/// <summary>What is copied out of one set of victims, and who has to learn of it.</summary>
internal sealed class SurvivorCopies(NodeLog log, Action<string> damaged)
{
    private readonly Dictionary<GroupId, List<MovedEntry>> _moved = [];
    private readonly List<(Lsn Lsn, Position To)> _movedBodies = [];
    private int _awaited;

    /// <summary>All owners have replaced the old positions.</summary>
    public bool AreApplied => Volatile.Read(ref _awaited) == 0;

    /// <summary>
    /// Copies by rising LSN. Returns the new segment's line; null if something could not be read: then the victims stay.
    /// </summary>
    public RosterLine? Write(CheckpointTable table, IReadOnlyList<SegmentLine> victims)
    {
        var ids = victims.Select(victim => victim.Segment).ToHashSet();
        List<(Lsn Lsn, Position From)> wanted = Wanted(table, ids);
        foreach (SegmentLine victim in victims)
        {
            if (victim.Overrules.Count > 0 && !Planted.Is(PlantedBug.OverrulingReclaimedEarly))
                AddOverruling(victim, wanted);
        }
        wanted.Sort(static (left, right) => left.Lsn.CompareTo(right.Lsn));
        long sizeBytes = victims.Sum(victim => victim.WantedBytes) + SegmentHeader.SizeBytes;
        var writer = new SurvivorWriter(log, (int)Math.Min(sizeBytes, int.MaxValue));
        using var reader = new RecordReader(log.Segments);
        Position last = default;
        foreach ((_, Position from) in wanted)
        {
            // A record that releases and is live itself is wanted twice.
            if (from == last)
                continue;
            last = from;
            if (!reader.TryRead(from, out RecordHeader header))
            {
                damaged($"{SegmentName.PathOf(from.Segment)} is damaged at byte {from.Offset}: the segment stays as it is");
                SegmentFiles.Remove(log.Disk, writer.Segment, 0, log.Segments);
                return null;
            }
            Note(header, from, writer.Add(header, reader.Head, reader.TakeBody()));
        }
        return writer.Finish();
    }

    /// <summary>Tells the owners where their entries are now.</summary>
    public void TellOwners()
    {
        foreach ((Lsn lsn, Position to) in _movedBodies)
            log.MoveBody(lsn, to);
        _awaited = 1;
        foreach ((GroupId id, List<MovedEntry> entries) in _moved)
        {
            if (log.Find(id) is not { } group)
                continue;
            Interlocked.Increment(ref _awaited);
            entries.Sort((left, right) => left.Index.CompareTo(right.Index));
            group.Owner.Moved(new MovedEntries(entries, () => Interlocked.Decrement(ref _awaited)));
        }
        Interlocked.Decrement(ref _awaited);
    }

    private List<(Lsn Lsn, Position From)> Wanted(CheckpointTable table, HashSet<uint> victims)
    {
        var wanted = new List<(Lsn, Position)>();
        using CheckpointReader? checkpoint = CheckpointReader.TryOpen(log.Disk, table.Number);
        while (checkpoint?.NextGroup() is { } head)
        {
            if (head.State is not null && victims.Contains(head.StatePosition.Segment))
                wanted.Add((head.StateLsn, head.StatePosition));
            while (checkpoint.NextEntry(out EntryRow row, out _))
            {
                if (victims.Contains(row.Position.Segment))
                    wanted.Add((row.Lsn, row.Position));
            }
        }
        foreach (BodyRow body in table.Bodies)
        {
            if (victims.Contains(body.Position.Segment))
                wanted.Add((new Lsn(body.Lsn), body.Position));
        }
        return wanted;
    }

    private void AddOverruling(SegmentLine victim, List<(Lsn Lsn, Position From)> wanted)
    {
        if (!log.Segments.TryGet(victim.Segment, out Segment? segment))
            return;
        using var cursor = new SegmentCursor(segment, victim.End, default, damage => damaged(damage.Describe()));
        while (cursor.MoveNext())
        {
            RecordHeader header = cursor.Current.Header;
            if (header.ReleaseBytes > 0 || header.Kind is RecordKind.Truncate or RecordKind.Drop)
                wanted.Add((header.Lsn, cursor.Position));
        }
    }

    private void Note(in RecordHeader header, Position from, Position to)
    {
        if (header.Kind == RecordKind.Body)
            _movedBodies.Add((header.Lsn, to));
        if (header.Kind != RecordKind.Entry || !header.Flags.HasFlag(RecordFlags.Kept))
            return;
        if (!_moved.TryGetValue(header.Group, out List<MovedEntry>? moved))
            _moved.Add(header.Group, moved = []);
        moved.Add(new MovedEntry(header.Index, from, to));
    }
}
