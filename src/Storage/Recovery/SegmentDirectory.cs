using Warren.Storage.Disk;
using Warren.Storage.Log;

namespace Warren.Storage.Recovery;

/// <summary>
/// Finds the segments of a directory: which there should be, says the newest roster and its changes; where each ends,
/// says what was written after it. What is missing or does not fit is told; what nobody names is left over from a
/// crash and removed, but not where damage may have taken what names it. A header that is damaged costs nothing: the
/// roster says the same, and of the newest segment its first round tells.
/// </summary>
internal sealed class SegmentDirectory
{
    private const int RewriteBytes = 1024 * 1024;

    /// <summary>What a service manager that starts a failing node each second does in three hours.</summary>
    private const int MostFailedStarts = 10_000;

    private readonly IDisk _disk;
    private readonly Action<SegmentDamage> _damaged;
    private readonly SortedDictionary<uint, (SegmentHeader Header, IDiskFile File)> _found = [];
    private readonly SortedDictionary<uint, (bool IsLeftOver, IDiskFile File)> _headless = [];
    private readonly HashSet<uint> _suspect = [];
    private readonly HashSet<uint> _damagedIds = [];
    private readonly Dictionary<uint, string> _refusals = [];
    private readonly long _lastBoot;
    private bool _isRosterSound = true;
    private bool _hasRoster;
    private Tail _tail;

    /// <param name="disk">The node's.</param>
    /// <param name="lastBoot">The number of the start before this one, if it is known.</param>
    /// <param name="damaged">Told of what is missing or damaged.</param>
    public SegmentDirectory(IDisk disk, long lastBoot, Action<SegmentDamage> damaged)
    {
        _lastBoot = lastBoot;
        _disk = disk;
        _damaged = damage =>
        {
            _isRosterSound = false;
            _damagedIds.Add(damage.Segment);
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

    /// <summary>There was more behind the end of the log, and it cannot be read.</summary>
    public bool IsTailDamaged { get; private set; }

    public void Read()
    {
        OpenAll();
        Segment? newest = NewestOfLog();
        if (newest is null)
        {
            TellHeadless();
            AddStrangers();
            return;
        }
        uint damagedTo = 0;
        void Damaged(SegmentDamage damage)
        {
            damagedTo = Math.Max(damagedTo, damage.To);
            _damaged(damage);
        }
        Tail tail = TailSearch.Find(newest, Damaged);
        // With a round in it its length was durable, and a torn one leaves that as it is. A start that ended early may
        // have cut it, behind the last whole round.
        uint madeBytes = _found[newest.Id].Header.FileBytes;
        if (tail.Last.Value > 0 && newest.File.LengthBytes < madeBytes && newest.File.LengthBytes != tail.End
            && !Planted.Is(PlantedBug.CutTakenForTorn))
            Damaged(new SegmentDamage(newest.Id, tail.End, madeBytes));
        IsTailDamaged |= damagedTo > tail.End;
        Lsn last = tail.Last;
        newest.End = tail.End;
        uint previousEnd = _found[newest.Id].Header.PreviousEnd;
        if (last.Value == 0 && _found[newest.Id].Header.Previous is var previous and not 0
            && _found.ContainsKey(previous))
        {
            // Nothing was durable in it: the log ends in the one before.
            newest = Make(previous);
            newest.End = previousEnd;
            last = LastOf(newest);
            tail = new Tail(previousEnd, previousEnd, last);
        }
        _tail = tail;
        Last = newest;
        LastLsn = last;
        foreach (RosterLine line in RosterOf(newest))
            AddFromRoster(line);
        Segments.Add(newest);
        TellHeadless();
        // Where the roster may be damaged, or an old one is read because a newer segment is missing, what it does not
        // name may be what is missed.
        if (!_isRosterSound || !_hasRoster)
            AddStrangers();
    }

    /// <summary>
    /// Makes durable what was read as the log's end. Its last round is written again, not only synced: after a sync
    /// that failed the kernel may call clean what it could not write, and have it read. The rounds before it were
    /// durable when it was written.
    /// </summary>
    public void SettleTail()
    {
        if (Last is null)
            return;
        byte[] bytes = new byte[Math.Min(RewriteBytes, _tail.End - _tail.Start)];
        for (long at = _tail.Start; at < _tail.End; at += bytes.Length)
        {
            Memory<byte> part = bytes.AsMemory(0, (int)Math.Min(bytes.Length, _tail.End - at));
            string? refusal = null;
            if (Last.File.Salvage(at, part.Span, ref refusal) != part.Length)
            {
                throw new DiskException(
                    $"{SegmentName.PathOf(Last.Id)} read differently the second time: the disk fails.");
            }
            // What cannot be read is damage, and found to be such; zeros would make it final.
            if (refusal is null)
                Last.File.Write(at, [part]);
        }
        Last.File.Sync();
    }

    /// <summary>Takes what the roster does not name for segments as well.</summary>
    public void AddStrangers()
    {
        foreach ((uint id, (SegmentHeader header, _)) in _found)
        {
            // Nothing was durable in a segment of the log behind the last.
            if (Segments.TryGet(id, out _) || (header.Kind == SegmentKind.Log && id > (Last?.Id ?? 0)))
                continue;
            Segment segment = Make(id);
            Tail tail = TailSearch.Find(segment, _damaged);
            segment.End = tail.End;
            LastLsn = new Lsn(Math.Max(LastLsn.Value, tail.Last.Value));
            Segments.Add(segment);
        }
    }

    /// <summary>
    /// Removes files that nobody names, for good, and sets aside those that cannot be read. Only when the tail is
    /// durable: its roster may be what does not name them.
    /// </summary>
    public void RemoveStrangers()
    {
        bool hasChanged = false;
        foreach ((uint id, bool isDamaged, IDiskFile file) in Strangers())
        {
            file.Dispose();
            string path = PathOf(id);
            // What may have been the end of the log is found again by each start until another segment is the newest:
            // the marks that it gave rise to are durable then.
            string? kept = !isDamaged ? null
                : SegmentName.PathOf(id)
                    + (id > (Last?.Id ?? 0) ? SegmentFiles.SuspectSuffix : SegmentFiles.DamagedSuffix);
            if (kept == path)
                continue;
            if (kept is null)
                _disk.Delete(path);
            else
                _disk.Rename(path, kept);
            hasChanged = true;
        }
        _found.Clear();
        _headless.Clear();
        if (hasChanged)
            _disk.SyncDirectory(SegmentName.Directory);
    }

    private IEnumerable<(uint Id, bool IsDamaged, IDiskFile File)> Strangers() =>
        _found.Select(each => (each.Key, IsDamaged: false, each.Value.File))
            .Concat(_headless.Select(each => (each.Key, IsDamaged: !each.Value.IsLeftOver, each.Value.File)))
            .Where(each => !Segments.TryGet(each.Key, out _))
            .Select(each => (
                each.Key, each.IsDamaged || _suspect.Contains(each.Key) || _damagedIds.Contains(each.Key), each.File));

    private void OpenAll()
    {
        byte[] bytes = new byte[SegmentHeader.SizeBytes];
        foreach (string name in _disk.List(SegmentName.Directory))
        {
            (uint? parsed, string suffix) = SegmentName.ParseAny(name);
            if (parsed is not { } id)
                continue;
            HighestId = Math.Max(HighestId, id);
            if (suffix.Length > 0 && suffix != SegmentFiles.SuspectSuffix)
                continue;
            if (suffix.Length > 0)
                _suspect.Add(id);
            IDiskFile file = _disk.Open(PathOf(id));
            bytes.AsSpan().Clear();
            string? refusal = null;
            if (file.Salvage(0, bytes, ref refusal) == bytes.Length
                && SegmentHeader.TryRead(bytes, id, out SegmentHeader header))
                _found.Add(id, (header, file));
            else if (SegmentHeader.IsSound(bytes))
                _headless.Add(id, (true, file));
            else if (HeaderOf(id, bytes, file) is { } restored)
            {
                _damaged(new SegmentDamage(id, 0, SegmentHeader.SizeBytes) { Cause = refusal });
                _found.Add(id, (restored, file));
            }
            else
            {
                _headless.Add(id, (IsEmpty(file), file));
                if (refusal is not null)
                    _refusals.Add(id, refusal);
            }
        }
        HighestBoot = _found.Values.Select(found => found.Header.Boot).DefaultIfEmpty().Max();
    }

    // What the first round tells of a header that is damaged; null if there is none.
    private SegmentHeader? HeaderOf(uint id, byte[] bytes, IDiskFile file)
    {
        byte[] round = new byte[RoundHeader.SizeBytes + RecordHeader.SizeBytes];
        string? refusal = null;
        if (file.Salvage(SegmentHeader.SizeBytes, round, ref refusal) != round.Length)
            return null;
        foreach (long boot in PossibleBoots(bytes))
        {
            if (RoundHeader.TryRead(round, SegmentHeader.SaltOf(id, boot), SegmentHeader.SizeBytes, out _)
                && RecordHeader.TryRead(round.AsSpan(RoundHeader.SizeBytes), out RecordHeader first))
            {
                return new SegmentHeader(
                    id, boot, first.Kind == RecordKind.Roster ? SegmentKind.Log : SegmentKind.Survivors, 0, 0);
            }
        }
        return null;
    }

    // That which the header names, or one of the last: starts count without writing a segment if they fail.
    private IEnumerable<long> PossibleBoots(byte[] header)
    {
        yield return SegmentHeader.BootOf(header);
        for (long boot = _lastBoot; boot > 0 && boot > _lastBoot - MostFailedStarts; boot--)
            yield return boot;
    }

    // A crash, or a failed write, while a segment was made leaves nothing behind the header, or what an earlier use
    // left.
    private static bool IsEmpty(IDiskFile file)
    {
        byte[] bytes = new byte[RoundHeader.AlignmentBytes];
        string? refusal = null;
        for (long at = SegmentHeader.SizeBytes; file.Salvage(at, bytes, ref refusal) is > 0 and var count; at += count)
        {
            if (refusal is not null || bytes.AsSpan(0, count).ContainsAnyExcept((byte)0))
                return false;
        }
        return true;
    }

    // What nobody names and is not left over from a crash either: it may have been the newest segment.
    private void TellHeadless()
    {
        foreach ((uint id, (bool isLeftOver, _)) in _headless)
        {
            bool isNewest = id > (Last?.Id ?? 0);
            // An earlier start has told of it.
            bool isKnown = _suspect.Contains(id) && !isNewest;
            if (isLeftOver || isKnown || Segments.TryGet(id, out _))
                continue;
            string? refusal = _refusals.GetValueOrDefault(id);
            _damaged(SegmentDamage.Whole(id) with { Cause = refusal });
            // A part of a header over what an earlier use left can be read.
            IsTailDamaged |= isNewest && refusal is not null;
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

    private string PathOf(uint id) =>
        SegmentName.PathOf(id) + (_suspect.Contains(id) ? SegmentFiles.SuspectSuffix : "");

    private Segment Make(uint id)
    {
        (SegmentHeader header, IDiskFile file) = _found[id];
        return MakeNamed(new Segment(id, header.Boot, header.Kind, file));
    }

    private Segment MakeNamed(Segment segment)
    {
        segment.IsSuspect = segment.IsDamaged = _suspect.Contains(segment.Id);
        return segment;
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
    private IReadOnlyCollection<RosterLine> RosterOf(Segment newest)
    {
        var roster = new Roster();
        using var cursor = new SegmentCursor(newest, newest.End, default, _damaged);
        while (cursor.MoveNext())
        {
            RecordKind kind = cursor.Current.Header.Kind;
            if (kind is not (RecordKind.Roster or RecordKind.RosterChange))
                continue;
            _hasRoster |= kind == RecordKind.Roster;
            roster.Apply(RosterLine.Read(cursor.Current.Body));
        }
        return roster.Lines;
    }

    private void AddFromRoster(RosterLine line)
    {
        if (line.Segment == Last!.Id)
            return;
        if (FileOf(line) is not { } file)
        {
            _damaged(SegmentDamage.Whole(line.Segment));
            return;
        }
        if (file.LengthBytes < line.End)
            _damaged(new SegmentDamage(line.Segment, (uint)file.LengthBytes, line.End));
        Segments.Add(MakeNamed(new Segment(line.Segment, line.Boot, line.Kind, file) { End = line.End }));
    }

    private IDiskFile? FileOf(RosterLine line)
    {
        if (_found.TryGetValue(line.Segment, out (SegmentHeader Header, IDiskFile File) found))
            return found.Header.Boot == line.Boot ? found.File : null;
        if (!_headless.TryGetValue(line.Segment, out (bool IsLeftOver, IDiskFile File) headless))
            return null;
        // The roster says all that the header would.
        _damaged(new SegmentDamage(line.Segment, 0, SegmentHeader.SizeBytes));
        return headless.File;
    }
}
