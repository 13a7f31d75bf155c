using Warren.Storage.Checkpoints;
using Warren.Storage.Disk;
using Warren.Storage.Log;
using Warren.Storage.Recovery;

namespace Warren.Storage.Inspection;

/// <summary>
/// Explains a data directory without changing it: reads it as a start would, and every checksum beside. For one use.
/// </summary>
public sealed class StorageInspection
{
    private readonly IDisk _disk;
    private readonly SegmentDirectory _directory;
    private readonly List<SegmentDamage> _startDamages = [];
    private readonly List<string> _checkpointDamages = [];
    private readonly SortedDictionary<(uint Segment, uint From, uint To), PlacedDamage> _damages = [];
    private readonly Dictionary<uint, long> _records = [];
    private readonly SortedDictionary<GroupId, long> _lostElsewhere = [];
    private readonly SegmentTable _segments;
    private IReadOnlyDictionary<long, BodyRow> _bodies = new Dictionary<long, BodyRow>();
    private GroupId _shown;
    private InspectedEntry? _entry;
    private long _foundWhenRead;

    private StorageInspection(IDisk disk)
    {
        _disk = disk;
        _directory = new SegmentDirectory(disk, BootFile.Read(disk), _startDamages.Add);
        _directory.Read();
        _segments = _directory.Segments;
    }

    /// <exception cref="DiskException">The directory cannot be read.</exception>
    /// <exception cref="StorageVersionException">Another version wrote it.</exception>
    /// <param name="disk">The directory.</param>
    /// <param name="shown">The group whose live entries are told as well.</param>
    /// <param name="entry">Told of these.</param>
    public static StorageReport Read(IDisk disk, GroupId shown = default, InspectedEntry? entry = null) =>
        new StorageInspection(disk) { _shown = shown, _entry = entry }.Read();

    private StorageReport Read()
    {
        using CheckpointReader checkpoint =
            CheckpointSet.OpenNewest(_disk, _checkpointDamages.Add) ?? CheckpointReader.Empty();
        bool endsEarly = checkpoint.Table.Lsn > _directory.LastLsn;
        if (endsEarly)
            _directory.AddStrangers();
        var last = new Lsn(Math.Max(_directory.LastLsn.Value, checkpoint.Table.Lsn.Value));
        var extent = new LogExtent(
            last, [.. _segments.All().Select(each => (each, each.End))], 0, new HashSet<long>());
        using var reading = new LogReading(
            extent, checkpoint, _startDamages, endsEarly || _directory.IsTailDamaged, Lost);
        _bodies = reading.Bodies;
        Verify();
        List<GroupReport> groups = ReadGroups(reading.State);
        var text = new NextStart(checkpoint.Table, reading, endsEarly)
        {
            Segments = [.. _damages.Values.Select(each => each.Place.Segment).Distinct()],
            Existing = _segments,
            FoundWhenRead = _foundWhenRead,
        };
        return new StorageReport
        {
            FormatVersion = SegmentHeader.Version,
            Boots = Math.Max(BootFile.Read(_disk), _directory.HighestBoot),
            LastLsn = last,
            Segments = SegmentReports(reading.State),
            Checkpoints = CheckpointReports(checkpoint.Table.Number),
            Groups = groups,
            Damages = DamageReports(reading, checkpoint.Table.Lsn, endsEarly),
            OtherFiles = OtherFiles(),
            NextStart = text.Sentences(),
        };
    }

    private void Verify()
    {
        foreach (SegmentDamage damage in _startDamages)
            Add(damage);
        using var reader = new RecordReader(_segments);
        foreach (Segment segment in _segments.All())
            _records.Add(segment.Id, SegmentVerification.Run(segment, reader, Add));
    }

    private void Add(SegmentDamage damage) =>
        _damages.TryAdd((damage.Segment, damage.From, damage.To), new PlacedDamage(damage));

    private List<GroupReport> ReadGroups(MergedState state)
    {
        var groups = new List<GroupReport>();
        using var reader = new RecordReader(_segments);
        while (state.NextGroup() is { } head)
        {
            long entries = 0;
            long bytes = 0;
            while (state.NextEntry(out EntryRow row, out ReadOnlySpan<byte> meta))
            {
                if (head.Id == _shown)
                    _entry?.Invoke(row.Index, meta, reader.TryRead(row.Position, out _) ? reader.TakeBody() : []);
                entries++;
                bytes += row.RecordBytes;
                if (DamageOf(row) is not { } damage || IsReadable(reader, row))
                    continue;
                damage.Count(head.Id);
                _foundWhenRead++;
            }
            groups.Add(new GroupReport(
                head.Id, entries, bytes, head.LastIndex, state.IsUnsound, state.LostEntries));
        }
        return groups;
    }

    // What a start would miss: it lies in a damaged place, or behind the end of the log.
    private void Lost(GroupId group, EntryRow row)
    {
        if (DamageOf(row) is { } damage)
            damage.Count(group);
        else
            _lostElsewhere[group] = _lostElsewhere.GetValueOrDefault(group) + 1;
    }

    private PlacedDamage? DamageOf(in EntryRow row) =>
        DamageAt(row.Position)
        ?? (row.SharedBody != 0 && _bodies.TryGetValue(row.SharedBody, out BodyRow body)
            ? DamageAt(body.Position)
            : null);

    private PlacedDamage? DamageAt(Position position)
    {
        foreach (PlacedDamage damage in _damages.Values)
        {
            if (damage.Place.Contains(position))
                return damage;
        }
        return null;
    }

    private bool IsReadable(RecordReader reader, in EntryRow row) =>
        reader.TryRead(row.Position, out _)
        && (row.SharedBody == 0 || reader.TryRead(_bodies[row.SharedBody].Position, out _));

    private List<SegmentReport> SegmentReports(MergedState state)
    {
        var reports = new List<SegmentReport>();
        foreach (Segment segment in _segments.All())
        {
            reports.Add(new SegmentReport(
                segment.Path, segment.Kind == SegmentKind.Log ? "log" : "survivors", segment.File.LengthBytes,
                segment.End, _records[segment.Id], state.LiveBytes.GetValueOrDefault(segment.Id),
                segment.IsDamaged || _damages.Keys.Any(key => key.Segment == segment.Id)));
        }
        foreach (uint missing in _damages.Keys.Select(key => key.Segment).Distinct())
        {
            if (!_segments.TryGet(missing, out _))
                reports.Add(new SegmentReport(SegmentName.PathOf(missing), "?", null, 0, 0, 0, true));
        }
        return reports;
    }

    private List<CheckpointReport> CheckpointReports(long used)
    {
        var reports = new List<CheckpointReport>();
        foreach (long number in CheckpointSet.Numbers(_disk))
        {
            using IDiskFile file = _disk.Open(CheckpointName.PathOf(number));
            using CheckpointReader? reader = CheckpointReader.TryOpen(_disk, number, out string? refusal);
            if (reader is null && number < used)
            {
                string cause = refusal is null ? "" : ": " + refusal;
                _checkpointDamages.Add($"{CheckpointName.PathOf(number)} is damaged; a newer one is whole{cause}");
            }
            reports.Add(new CheckpointReport(
                CheckpointName.PathOf(number), file.LengthBytes, reader?.Table.Lsn, number == used));
        }
        return reports;
    }

    private List<DamageReport> DamageReports(LogReading reading, Lsn checkpoint, bool endsEarly)
    {
        var none = new Dictionary<GroupId, long>();
        List<DamageReport> reports =
        [
            .. _damages.Values.Select(damage => new DamageReport(damage.Place.Describe(), damage.Affected)),
            .. _checkpointDamages.Select(damage => new DamageReport(damage, none)),
        ];
        if (endsEarly)
        {
            reports.Add(new DamageReport(
                $"the log ends at LSN {_directory.LastLsn}, before the checkpoint's {checkpoint}: "
                + "its last segments are missing",
                _lostElsewhere));
        }
        else if (_lostElsewhere.Count > 0)
            reports.Add(new DamageReport("entries are missing that the checkpoint knows", _lostElsewhere));
        if (reading is { IsBroken: true, Missing.Base.Value: > 0 } && !endsEarly)
        {
            reports.Add(new DamageReport(
                $"records that are missing behind the checkpoint's LSN {checkpoint}, and nobody can tell whose: "
                + $"{reading.Missing.Extent}",
                none));
        }
        return reports;
    }

    private List<string> OtherFiles() =>
    [
        .. _disk.List(SegmentName.Directory).Select(name => (Name: name, Any: SegmentName.ParseAny(name)))
            .Where(each => each.Any.Segment is { } id
                && (each.Any.Suffix.Length > 0 || !_segments.TryGet(id, out _))
                && !(each.Any.Suffix == SegmentFiles.SuspectSuffix && _segments.TryGet(id, out _)))
            .Select(each => SegmentName.Directory + "/" + each.Name),
    ];
}
