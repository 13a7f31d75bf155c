using Warren.Storage.Disk;
using Warren.Storage.Log;

namespace Warren.Storage.Recovery;

/// <summary>
/// Finds the segments of a directory: which there should be, says the newest roster and its changes; where each ends,
/// says what was written after it. What is missing or does not fit is told; what nobody names is left over from a
/// crash and removed.
/// </summary>
internal sealed class SegmentDirectory
{
    private readonly IDisk _disk;
    private readonly Action<SegmentDamage> _damaged;
    private readonly SortedDictionary<uint, (SegmentHeader Header, IDiskFile File)> _found = [];
    private bool _isRosterSound = true;
    private bool _hasRoster;

    public SegmentDirectory(IDisk disk, Action<SegmentDamage> damaged)
    {
        _disk = disk;
        _damaged = damage =>
        {
            _isRosterSound = false;
            damaged(damage);
        };
    }

    public SegmentTable Segments { get; } = new();

    /// <summary>The highest id and boot that any file names, used or not.</summary>
    public uint HighestId { get; private set; }

    public long HighestBoot { get; private set; }

    /// <summary>The segment in which the log ends; null if there is no log.</summary>
    public Segment? Last { get; private set; }

    public Lsn LastLsn { get; private set; }

    public void Read()
    {
        OpenAll();
        Segment? newest = NewestOfLog();
        if (newest is null)
            return;
        (uint end, Lsn last) = TailSearch.Find(newest, _damaged);
        newest.End = end;
        uint previousEnd = _found[newest.Id].Header.PreviousEnd;
        if (last.Value == 0 && _found[newest.Id].Header.Previous is var previous and not 0 && _found.ContainsKey(previous))
        {
            // Nothing was durable in it: the log ends in the one before.
            newest = Make(previous);
            newest.End = previousEnd;
            last = LastOf(newest);
        }
        Last = newest;
        LastLsn = last;
        IEnumerable<RosterLine> roster = RosterOf(newest);
        bool isSound = _isRosterSound && _hasRoster;
        foreach (RosterLine line in roster)
            AddFromRoster(line);
        Segments.Add(newest);
        // Where the roster itself may be damaged nothing is removed, and what nobody names may be what is missed.
        if (!isSound)
            AddStrangers();
    }

    /// <summary>
    /// Removes files that nobody names. Only when the tail is durable: its roster may be what does not name them.
    /// </summary>
    public void RemoveStrangers()
    {
        foreach ((uint id, (_, IDiskFile file)) in _found)
        {
            if (Segments.TryGet(id, out _))
                continue;
            file.Dispose();
            _disk.Delete(SegmentName.PathOf(id));
        }
        _found.Clear();
    }

    private void OpenAll()
    {
        byte[] bytes = new byte[SegmentHeader.SizeBytes];
        foreach (string name in _disk.List(SegmentName.Directory))
        {
            string plain = name.EndsWith(SegmentFiles.SpareSuffix, StringComparison.Ordinal)
                ? name[..^SegmentFiles.SpareSuffix.Length]
                : name;
            if (SegmentName.Parse(plain) is not { } id)
                continue;
            HighestId = Math.Max(HighestId, id);
            if (plain != name)
                continue;
            IDiskFile file = _disk.Open(SegmentName.PathOf(id));
            if (file.Read(0, bytes) == bytes.Length && SegmentHeader.TryRead(bytes, id, out SegmentHeader header))
            {
                HighestBoot = Math.Max(HighestBoot, header.Boot);
                _found.Add(id, (header, file));
            }
            else
                file.Dispose();
        }
    }

    private Segment? NewestOfLog()
    {
        foreach ((uint id, (SegmentHeader header, _)) in _found.Reverse())
        {
            if (header.Kind == SegmentKind.Log)
                return Make(id);
        }
        return null;
    }

    private Segment Make(uint id)
    {
        (SegmentHeader header, IDiskFile file) = _found[id];
        return new Segment(id, header.Boot, header.Kind, file);
    }

    private Lsn LastOf(Segment segment)
    {
        using var cursor = new SegmentCursor(segment, segment.End, default, _damaged);
        Lsn last = default;
        while (cursor.MoveNext())
            last = cursor.Lsn;
        return last;
    }

    // The roster that the newest segment begins with, and the changes behind it.
    private SortedDictionary<uint, RosterLine>.ValueCollection RosterOf(Segment newest)
    {
        var roster = new SortedDictionary<uint, RosterLine>();
        using var cursor = new SegmentCursor(newest, newest.End, default, _damaged);
        while (cursor.MoveNext())
        {
            RecordKind kind = cursor.Current.Header.Kind;
            if (kind is not (RecordKind.Roster or RecordKind.RosterChange))
                continue;
            _hasRoster |= kind == RecordKind.Roster;
            foreach (RosterLine line in RosterLine.Read(cursor.Current.Body))
            {
                if (line.IsDropped)
                    roster.Remove(line.Segment);
                else
                    roster[line.Segment] = line;
            }
        }
        return roster.Values;
    }

    private void AddFromRoster(RosterLine line)
    {
        if (line.Segment == Last!.Id)
            return;
        if (!_found.TryGetValue(line.Segment, out (SegmentHeader Header, IDiskFile File) found)
            || found.Header.Boot != line.Boot)
        {
            _damaged(new SegmentDamage(line.Segment, 0, uint.MaxValue));
            return;
        }
        if (found.File.LengthBytes < line.End)
            _damaged(new SegmentDamage(line.Segment, (uint)found.File.LengthBytes, line.End));
        Segment segment = Make(line.Segment);
        segment.End = line.End;
        Segments.Add(segment);
    }

    private void AddStrangers()
    {
        foreach (uint id in _found.Keys)
        {
            if (Segments.TryGet(id, out _) || id > Last!.Id)
                continue;
            Segment segment = Make(id);
            segment.End = TailSearch.Find(segment, _damaged).End;
            Segments.Add(segment);
        }
    }
}
