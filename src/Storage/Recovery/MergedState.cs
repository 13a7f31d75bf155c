using Warren.Storage.Checkpoints;

namespace Warren.Storage.Recovery;

/// <summary>
/// A checkpoint and what the log adds to it, read as one: groups by rising id, their live entries by rising index. What
/// it passes over is counted: which segments have live bytes, which shared bodies are wanted, what is lost.
/// Holds one group's additions at a time beside the delta, so that memory does not grow with what waits.
/// </summary>
internal sealed class MergedState
{
    private readonly CheckpointReader _base;
    private readonly LogDelta _delta;
    private readonly Func<Position, bool> _isLost;
    private readonly Queue<GroupId> _added;
    private GroupHead? _nextBase;
    private bool _isInBase;
    private GroupDelta? _current;
    private ReleasedRanges? _released;
    private int _addedAt;

    public MergedState(CheckpointReader @base, LogDelta delta, Func<Position, bool> isLost)
    {
        _base = @base;
        _delta = delta;
        _isLost = isLost;
        _added = new Queue<GroupId>(delta.Groups.Order());
        _nextBase = @base.NextGroup();
    }

    /// <summary>Bytes of live records by segment, of what was passed so far.</summary>
    public Dictionary<uint, long> LiveBytes { get; } = [];

    /// <summary>LSNs of shared bodies that live entries name.</summary>
    public HashSet<long> WantedBodies { get; } = [];

    /// <summary>Entries of each group whose records are lost to damage.</summary>
    public Dictionary<GroupId, long> LostEntries { get; } = [];

    /// <summary>The next group that lives; null at the end. Its entries must be read before the next.</summary>
    public GroupHead? NextGroup()
    {
        while (Step() is { } head)
        {
            bool isKnown = _isInBase || _current!.IsTouched;
            if (isKnown && _current is not { DroppedBy: not 0 })
            {
                if (head.State is not null)
                    Count(head.StatePosition, head.StateRecordBytes);
                return head;
            }
            // It is gone, or only its copies are left; but what overrules its entries has to be known.
            while (NextEntry(out _, out _))
                continue;
        }
        return null;
    }

    /// <summary>The next live entry of the group; false if there is none.</summary>
    public bool NextEntry(out EntryRow row, out ReadOnlySpan<byte> meta)
    {
        while (_isInBase)
        {
            if (!_base.NextEntry(out row, out meta))
            {
                _isInBase = false;
                _nextBase = _base.NextGroup();
                break;
            }
            if (IsLive(ref row))
                return true;
        }
        row = default;
        meta = default;
        if (_current is null)
            return false;
        while (_addedAt < _current.Added.Length)
        {
            row = _current.Added[_addedAt++];
            if (row.ReleasedBy != 0)
                continue;
            meta = _delta.Metas.Get(row.MetaAt, row.MetaBytes);
            Count(row.Position, row.RecordBytes);
            if (row.SharedBody != 0)
                WantedBodies.Add(row.SharedBody);
            return true;
        }
        return false;
    }

    /// <summary>A live record lies there.</summary>
    public void Count(Position position, int recordBytes) =>
        LiveBytes[position.Segment] = LiveBytes.GetValueOrDefault(position.Segment) + recordBytes;

    private GroupHead? Step()
    {
        while (_isInBase && NextEntry(out _, out _))
            continue;
        bool hasAdded = _added.TryPeek(out GroupId added);
        if (_nextBase is null && !hasAdded)
            return null;
        _addedAt = 0;
        _released = null;
        if (_nextBase is null || (hasAdded && added < _nextBase.Id))
        {
            _current = _delta.Find(_added.Dequeue());
            return _current!.Head;
        }
        _isInBase = true;
        _current = null;
        if (!hasAdded || added != _nextBase.Id)
            return _nextBase;
        _current = _delta.Find(_added.Dequeue());
        _current!.Inherit(_nextBase);
        _released = _current.SortReleased();
        return _current.Head;
    }

    private bool IsLive(ref EntryRow row)
    {
        if (_current is not null && !_current.Keeps(ref row, _released!))
            return false;
        if (_isLost(row.Position))
        {
            GroupId group = _current?.Head.Id ?? _nextBase!.Id;
            LostEntries[group] = LostEntries.GetValueOrDefault(group) + 1;
            return false;
        }
        Count(row.Position, row.RecordBytes);
        if (row.SharedBody != 0)
            WantedBodies.Add(row.SharedBody);
        return true;
    }
}
