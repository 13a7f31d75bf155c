using Warren.Storage.Checkpoints;
using Warren.Storage.Disk;
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

    /// <summary>Victims in which something could not be read: they stay, and all else that is live is copied.</summary>
    public HashSet<uint> Unreadable { get; } = [];

    /// <summary>The checkpoint could not be read, and all victims stay.</summary>
    public bool HasFailed { get; private set; }

    /// <summary>Copies by rising LSN. Returns the new segment's line; null if nothing was copied.</summary>
    /// <exception cref="DiskException">The disk refused; nothing has changed.</exception>
    public RosterLine? Write(CheckpointTable table, IReadOnlyList<SegmentLine> victims)
    {
        if (Wanted(table, victims) is not { } wanted)
        {
            HasFailed = true;
            return null;
        }
        long sizeBytes = victims.Sum(victim => victim.WantedBytes) + SegmentHeader.SizeBytes;
        var writer = new SurvivorWriter(log, (int)Math.Min(sizeBytes, int.MaxValue));
        try
        {
            if (CopyAll(wanted, writer) > 0)
                return writer.Finish();
        }
        catch (DiskException)
        {
            // A segment that the roster does not name must not be seen by the next checkpoint.
            SegmentFiles.Abandon(log.Disk, writer.Segment, log.Segments);
            throw;
        }
        SegmentFiles.Abandon(log.Disk, writer.Segment, log.Segments);
        return null;
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

    private int CopyAll(List<Copy> wanted, SurvivorWriter writer)
    {
        using var reader = new RecordReader(log.Segments);
        Position last = default;
        int count = 0;
        foreach (Copy copy in wanted)
        {
            // A record that overrules and is live itself is wanted twice; the live one comes first. What a segment that
            // stays overrules is still there.
            if (copy.From == last || (!copy.IsLive && Unreadable.Contains(copy.From.Segment)))
                continue;
            last = copy.From;
            if (!reader.TryRead(copy.From, out RecordHeader header))
            {
                Tell(new SegmentDamage(copy.From.Segment, copy.From.Offset, copy.From.Offset + 1)
                {
                    Cause = reader.Refusal,
                });
                continue;
            }
            count++;
            if (copy.IsLive)
                Note(header, copy.From, writer.Add(header, reader.Head, reader.TakeBody()));
            else
                writer.AddOverruling(header, reader.Head);
        }
        return count;
    }

    private List<Copy>? Wanted(CheckpointTable table, IReadOnlyList<SegmentLine> victims)
    {
        // Without it nobody knows what is live.
        using CheckpointReader? checkpoint = CheckpointReader.TryOpen(log.Disk, table.Number, out _);
        if (checkpoint is null)
            return null;
        var wanted = new List<Copy>();
        var ids = victims.Select(victim => victim.Segment).ToHashSet();
        while (checkpoint.NextGroup() is { } head)
        {
            if (head.State is not null && ids.Contains(head.StatePosition.Segment))
                wanted.Add(new Copy(head.StateLsn, head.StatePosition, true));
            if (head.Mark.Lsn.Value > 0 && ids.Contains(head.Mark.Position.Segment)
                && !Planted.Is(PlantedBug.MarkReclaimed))
                wanted.Add(new Copy(head.Mark.Lsn, head.Mark.Position, true));
            while (checkpoint.NextEntry(out EntryRow row, out _))
            {
                if (ids.Contains(row.Position.Segment))
                    wanted.Add(new Copy(row.Lsn, row.Position, true));
            }
        }
        foreach (BodyRow body in table.Bodies)
        {
            if (ids.Contains(body.Position.Segment))
                wanted.Add(new Copy(new Lsn(body.Lsn), body.Position, true));
        }
        foreach (SegmentLine victim in victims)
        {
            if (victim.Overrules.Count > 0 && !Planted.Is(PlantedBug.OverrulingReclaimedEarly))
                AddOverruling(victim, wanted);
        }
        wanted.Sort(static (left, right) => left.CompareTo(right));
        return wanted;
    }

    private void AddOverruling(SegmentLine victim, List<Copy> wanted)
    {
        if (!log.Segments.TryGet(victim.Segment, out Segment? segment))
            return;
        using var cursor = new SegmentCursor(segment, victim.End, default, Tell);
        while (cursor.MoveNext())
        {
            RecordHeader header = cursor.Current.Header;
            if (header.ReleaseBytes > 0 || header.Kind is RecordKind.Truncate or RecordKind.Drop)
                wanted.Add(new Copy(header.Lsn, cursor.Position, false));
        }
    }

    private void Tell(SegmentDamage damage)
    {
        Unreadable.Add(damage.Segment);
        log.Segments.NoteDamage(damage.Segment);
        damaged($"{damage.Describe()}; the file stays until that is wanted no more, the rest is moved off it");
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

    /// <summary>A record to be copied, because it is live or for what it overrules.</summary>
    private readonly record struct Copy(Lsn Lsn, Position From, bool IsLive)
    {
        public int CompareTo(Copy other)
        {
            int order = Lsn.CompareTo(other.Lsn);
            if (order == 0)
                order = From.Segment.CompareTo(other.From.Segment);
            return order != 0 ? order : other.IsLive.CompareTo(IsLive);
        }
    }
}
