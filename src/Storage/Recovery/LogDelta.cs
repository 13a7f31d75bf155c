using System.Runtime.InteropServices;
using Warren.Storage.Log;

namespace Warren.Storage.Recovery;

/// <summary>
/// What the log behind a checkpoint adds to it: built by reading records in the order of their LSNs, whichever file
/// they lie in. The same for a start, which continues from the last checkpoint, and for making the next one.
/// </summary>
internal sealed class LogDelta(Lsn from)
{
    private Lsn _last = from;
    private readonly Dictionary<GroupId, GroupDelta> _groups = [];
    private readonly Dictionary<uint, HashSet<uint>> _origins = [];

    /// <summary>Everything up to here is in the checkpoint.</summary>
    public Lsn From { get; } = from;

    /// <summary>
    /// LSNs that are missing between those that were followed. Without a checkpoint reclaim may have taken them.
    /// </summary>
    public long MissingRecords { get; private set; }

    /// <summary>The last damage that every group was marked for; null if there was none.</summary>
    public ToldDamage? Told { get; private set; }

    public Overrules Overrules { get; } = new();

    /// <summary>Shared bodies by LSN, with where they are: new ones, and old ones that moved.</summary>
    public Dictionary<long, BodyRow> Bodies { get; } = [];

    /// <summary>The last LSN of each segment that was read.</summary>
    public Dictionary<uint, Lsn> LastLsns { get; } = [];

    /// <summary>Bytes of records that overrule others, of each segment that was read.</summary>
    public Dictionary<uint, long> OverrulingBytes { get; } = [];

    public IEnumerable<GroupId> Groups => _groups.Keys;

    /// <summary>Takes a group's out, which goes with whoever took it.</summary>
    public GroupDelta Take(GroupId group) =>
        _groups.Remove(group, out GroupDelta? delta) ? delta : throw new KeyNotFoundException();

    /// <summary>
    /// The segment and, if its records are copies, those that it took the place of: what their records overruled, its
    /// own overrule now.
    /// </summary>
    public IEnumerable<uint> OriginsOf(uint segment) =>
        _origins.TryGetValue(segment, out HashSet<uint>? origins) ? origins.Append(segment) : [segment];

    /// <summary>The log has this LSN, by rising order; none that it has is left out.</summary>
    public void Follow(Lsn lsn)
    {
        if (lsn <= _last)
            return;
        MissingRecords += lsn.Value - _last.Value - 1;
        _last = lsn;
    }

    /// <summary>Takes the next record.</summary>
    public void Apply(in RecordView record)
    {
        RecordHeader header = record.Header;
        uint segment = record.Position.Segment;
        LastLsns[segment] = header.Lsn;
        bool overrules = header.ReleaseBytes > 0 || header.Kind is RecordKind.Truncate or RecordKind.Drop;
        if (overrules)
            CollectionsMarshal.GetValueRefOrAddDefault(OverrulingBytes, segment, out _) += header.RecordBytes;
        if (header.Kind == RecordKind.Body)
            Bodies[header.Lsn.Value] = new BodyRow(header.Lsn.Value, record.Position, header.BodyBytes);
        if (header.Kind == RecordKind.RosterChange)
            AddOrigins(RosterLine.Read(record.Body));
        if (header.Kind == RecordKind.Damage)
            Told = ToldDamage.Of(header);
        if (header.Group.Value == 0)
            return;
        GroupDelta group = Get(header.Group);
        if (header.Flags.HasFlag(RecordFlags.Survivor) && TryMove(group, record))
            return;
        if (header.Lsn <= From)
            return;
        group.IsTouched = true;
        for (int number = 0; number < record.ReleaseCount; number++)
            group.Release(record.Release(number), segment);
        switch (header.Kind)
        {
            case RecordKind.Entry:
                group.Add(record);
                break;
            case RecordKind.State:
                group.Head.SetState(record.Meta, header.Lsn, record.Position);
                break;
            case RecordKind.Mark:
                group.Head.SetMark(MarkRecord.Read(header, record.Position));
                break;
            case RecordKind.Truncate:
                group.Truncate(header.Index, header.Term, segment);
                break;
            case RecordKind.Drop:
                group.Drop(segment);
                break;
        }
    }

    // A copy only says where something is that is known already; what the checkpoint does not know and the log has not
    // told either is taken as what it is, which is how a start without a checkpoint reads it.
    private bool TryMove(GroupDelta group, in RecordView record)
    {
        RecordHeader header = record.Header;
        if (header.Kind == RecordKind.State && (header.Lsn <= From || header.Lsn <= group.Head.StateLsn))
        {
            group.MoveState(header.Lsn, record.Position);
            return true;
        }
        if (header.Kind == RecordKind.Mark && (header.Lsn <= From || header.Lsn <= group.Head.Mark.Lsn))
        {
            group.MoveMark(header.Lsn, record.Position);
            return true;
        }
        if (header.Kind != RecordKind.Entry || !header.Flags.HasFlag(RecordFlags.Kept))
            return false;
        if (header.Lsn > From)
            return group.TryMove(header.Index, header.Lsn, record.Position);
        group.MoveBase(header.Index, header.Lsn, record.Position);
        return true;
    }

    private void AddOrigins(List<RosterLine> change)
    {
        var gone = change.Where(line => line.IsDropped).SelectMany(line => OriginsOf(line.Segment)).ToHashSet();
        foreach (RosterLine added in change.Where(line => !line.IsDropped))
            _origins[added.Segment] = gone;
    }

    private GroupDelta Get(GroupId id)
    {
        ref GroupDelta? group = ref CollectionsMarshal.GetValueRefOrAddDefault(_groups, id, out _);
        return group ??= new GroupDelta(id, Overrules);
    }
}
