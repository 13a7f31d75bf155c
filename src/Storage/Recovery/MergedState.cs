using System.Runtime.InteropServices;
using Warren.Storage.Checkpoints;
using Warren.Storage.Log;

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
    private readonly LostPlaces _lost;
    private readonly bool _isBroken;
    private readonly Queue<GroupId> _added;
    private readonly List<(GroupHead Head, LostEntries? Lost)> _incomplete = [];
    private GroupHead? _nextBase;
    private GroupHead? _head;
    private LostEntries? _headLost;
    private bool _isInBase;
    private GroupDelta? _current;
    private ReleasedRanges? _released;

    /// <param name="base">What the log is read behind.</param>
    /// <param name="delta">What it has there.</param>
    /// <param name="lost">Which records cannot be read.</param>
    /// <param name="isBroken">Records of the log are missing, and nobody knows of which groups.</param>
    public MergedState(CheckpointReader @base, LogDelta delta, LostPlaces lost, bool isBroken)
    {
        _base = @base;
        _delta = delta;
        _lost = lost;
        _isBroken = isBroken;
        _added = new Queue<GroupId>(delta.Groups.Order());
        _nextBase = @base.NextGroup();
    }

    /// <summary>Bytes of live records by segment, of what was passed so far.</summary>
    public Dictionary<uint, long> LiveBytes { get; } = [];

    /// <summary>LSNs of shared bodies that live entries name.</summary>
    public HashSet<long> WantedBodies { get; } = [];

    /// <summary>
    /// Groups that were passed and whose last mark does not say what was found, with what is lost of them now.
    /// </summary>
    public IReadOnlyList<(GroupHead Head, LostEntries? Lost)> Incomplete => _incomplete;

    /// <summary>Told of each entry that is lost, as it is passed.</summary>
    public Action<GroupId, EntryRow>? OnLost { get; init; }

    /// <summary>The group that was brought last is not whole, by its mark or by what was found so far.</summary>
    public bool IsUnsound => _isBroken || _headLost is not null || _head!.Mark.IsUnsound;

    /// <summary>Of the group that was brought last, so far.</summary>
    public long LostEntries => _head!.Mark.LostEntries + (_headLost?.Count ?? 0);

    /// <summary>The next group that lives; null at the end. Its entries must be read before the next.</summary>
    public GroupHead? NextGroup()
    {
        while (_head is not null && NextEntry(out _, out _))
            continue;
        if (_head is not null && (_headLost is not null || (IsUnsound && !HasMark(_head.Mark))))
            _incomplete.Add((_head, _headLost));
        _head = null;
        _headLost = null;
        while (Step() is { } head)
        {
            bool isKnown = _isInBase || _current!.IsTouched;
            if (isKnown && _current is not { DroppedBy: not 0 })
            {
                if (head.State is not null)
                    Count(head.StatePosition, head.StateRecordBytes);
                if (head.Mark.Lsn.Value > 0)
                    Count(head.Mark.Position, RecordHeader.SizeBytes);
                return _head = head;
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
            if ((_current is null || _current.Keeps(ref row, _released!)) && IsThere(row))
                return true;
        }
        row = default;
        meta = default;
        if (_current is null)
            return false;
        while (_current.Added.TryTake(out row, out meta))
        {
            if (row.ReleasedBy == 0 && IsThere(row))
                return true;
        }
        return false;
    }

    /// <summary>A live record lies there.</summary>
    public void Count(Position position, int recordBytes) =>
        CollectionsMarshal.GetValueRefOrAddDefault(LiveBytes, position.Segment, out _) += recordBytes;

    private GroupHead? Step()
    {
        while (_isInBase && NextEntry(out _, out _))
            continue;
        bool hasAdded = _added.TryPeek(out GroupId added);
        if (_nextBase is null && !hasAdded)
            return null;
        _released = null;
        if (_nextBase is null || (hasAdded && added < _nextBase.Id))
        {
            _current = _delta.Take(_added.Dequeue());
            return _current.Head;
        }
        _isInBase = true;
        _current = null;
        if (!hasAdded || added != _nextBase.Id)
            return _nextBase;
        _current = _delta.Take(_added.Dequeue());
        _current.Inherit(_nextBase);
        _released = _current.SortReleased();
        return _current.Head;
    }

    // Nor one that the checkpoint remembers and the log has lost.
    private bool HasMark(in GroupMark mark) => mark.IsUnsound && !_lost.Contains(mark.Position);

    private bool IsThere(in EntryRow row)
    {
        if (_lost.Contains(row))
        {
            _headLost ??= new LostEntries();
            _headLost.Add(row.Index);
            OnLost?.Invoke(_head!.Id, row);
            return false;
        }
        _headLost?.Pass();
        Count(row.Position, row.RecordBytes);
        if (row.SharedBody != 0)
            WantedBodies.Add(row.SharedBody);
        return true;
    }
}
