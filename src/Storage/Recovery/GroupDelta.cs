using System.Runtime.InteropServices;
using Warren.Storage.Log;

namespace Warren.Storage.Recovery;

/// <summary>
/// What a stretch of the log does to one group: entries that it adds, and what it does to those before it, which are in
/// the checkpoint that the stretch follows.
/// </summary>
internal sealed class GroupDelta(GroupId id, Overrules overrules)
{
    private readonly List<EntryRow> _added = [];
    private readonly List<(IndexRange Range, uint By)> _released = [];
    private readonly Dictionary<LogIndex, (Lsn Lsn, Position Position)> _moved = [];
    private LogIndex _truncatedFrom = new(long.MaxValue);
    private uint _truncatedBy;
    private (Lsn Lsn, Position Position) _movedState;
    private (Lsn Lsn, Position Position) _movedMark;
    private bool _hasReached;

    public GroupHead Head { get; } = new(id);

    /// <summary>The stretch has more of the group than copies of what the checkpoint knows.</summary>
    public bool IsTouched { get; set; }

    /// <summary>The segment whose record ended the group; 0: it lives.</summary>
    public uint DroppedBy { get; private set; }

    /// <summary>By rising index; dead ones are marked.</summary>
    public ReadOnlySpan<EntryRow> Added => CollectionsMarshal.AsSpan(_added);

    public void Add(in RecordView record, MetaArena metas)
    {
        // What an index had before is void, and all behind it, even where the truncation itself is gone: with all that
        // it overruled but dead entries, or by damage.
        int at = PlaceOf(record.Header.Index);
        if (at < _added.Count && _added[at].Lsn == record.Header.Lsn)
        {
            // What it overrules was copied apart from the entry, which is there.
            return;
        }
        _added.RemoveRange(at, _added.Count - at);
        if (record.Header.Index < _truncatedFrom)
            (_truncatedFrom, _truncatedBy) = (record.Header.Index, record.Position.Segment);
        if (record.Header.Flags.HasFlag(RecordFlags.Kept))
        {
            _added.Add(new EntryRow
            {
                Index = record.Header.Index,
                Lsn = record.Header.Lsn,
                Term = record.Header.Term,
                Position = record.Position,
                SharedBody = record.SharedBody,
                BodyBytes = record.Header.BodyBytes,
                MetaBytes = record.Header.MetaBytes,
                MetaAt = metas.Add(record.Meta),
            });
        }
        Reach(record.Header.Index, record.Header.Term);
    }

    public void Release(IndexRange range, uint by)
    {
        _released.Add((range, by));
        Span<EntryRow> added = CollectionsMarshal.AsSpan(_added);
        for (int at = PlaceOf(range.First); at < added.Length && added[at].Index <= range.Last; at++)
        {
            overrules.Add(by, added[at].Position.Segment);
            added[at].ReleasedBy = by;
        }
    }

    public void Truncate(LogIndex from, Term before, uint by)
    {
        int at = PlaceOf(from);
        foreach (ref readonly EntryRow row in CollectionsMarshal.AsSpan(_added)[at..])
            overrules.Add(by, row.Position.Segment);
        _added.RemoveRange(at, _added.Count - at);
        if (from < _truncatedFrom)
            (_truncatedFrom, _truncatedBy) = (from, by);
        Reach(new LogIndex(from.Value - 1), before);
    }

    public void Drop(uint by)
    {
        Truncate(new LogIndex(1), default, by);
        DroppedBy = by;
        foreach (uint segment in Head.StateSegments)
            overrules.Add(by, segment);
        Head.State = null;
        Head.Mark = default;
    }

    /// <summary>Takes note of a copy of an entry that this stretch added; false if it did not.</summary>
    public bool TryMove(LogIndex index, Lsn lsn, Position to)
    {
        int at = PlaceOf(index);
        Span<EntryRow> added = CollectionsMarshal.AsSpan(_added);
        if (at == added.Length || added[at].Index != index
            || added[at].Lsn != lsn)
            return false;
        overrules.Add(added[at].ReleasedBy, to.Segment);
        added[at].Position = to;
        return true;
    }

    /// <summary>Takes note of a copy of an entry of the checkpoint.</summary>
    public void MoveBase(LogIndex index, Lsn lsn, Position to) => _moved[index] = (lsn, to);

    public void MoveState(Lsn lsn, Position to)
    {
        if (Head.StateLsn == lsn)
            Head.MoveState(to);
        else
            _movedState = (lsn, to);
    }

    public void MoveMark(Lsn lsn, Position to)
    {
        if (Head.Mark.Lsn == lsn)
            Head.SetMark(Head.Mark with { Position = to });
        else
            _movedMark = (lsn, to);
    }

    /// <summary>Completes the head with the checkpoint's.</summary>
    public void Inherit(GroupHead old)
    {
        if (old.Mark.Lsn.Value != 0 && _movedMark.Lsn == old.Mark.Lsn)
            old.SetMark(old.Mark with { Position = _movedMark.Position });
        if (Head.Mark.Lsn.Value == 0 && old.Mark.Lsn.Value != 0)
            Head.SetMark(old.Mark);
        if (old.State is not null && _movedState.Lsn == old.StateLsn)
            old.MoveState(_movedState.Position);
        if (Head.State is null && old.State is not null)
            Head.SetState(old.State, old.StateLsn, old.StatePosition);
        foreach (uint segment in old.StateSegments)
        {
            Head.StateSegments.Add(segment);
            overrules.Add(DroppedBy, segment);
        }
        if (!_hasReached)
            Head.Reach(old.LastIndex, old.LastTerm);
    }

    /// <summary>Makes ready for <see cref="Keeps"/>, which walks through the checkpoint's entries in order.</summary>
    public ReleasedRanges SortReleased() => new(_released);

    /// <summary>Whether an entry of the checkpoint is still live, and where it is now.</summary>
    public bool Keeps(ref EntryRow row, ReleasedRanges released)
    {
        uint by = released.By(row.Index);
        if (DroppedBy != 0)
            by = DroppedBy;
        else if (by == 0 && row.Index >= _truncatedFrom)
            by = _truncatedBy;
        Position old = row.Position;
        if (_moved.Count > 0 && _moved.TryGetValue(row.Index, out (Lsn Lsn, Position Position) move)
            && move.Lsn == row.Lsn)
            row.Position = move.Position;
        if (by == 0)
            return true;
        overrules.Add(by, old.Segment);
        overrules.Add(by, row.Position.Segment);
        return false;
    }

    private void Reach(LogIndex index, Term term)
    {
        _hasReached = true;
        Head.Reach(index, term);
    }

    private int PlaceOf(LogIndex index)
    {
        int low = 0;
        int high = _added.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_added[middle].Index < index)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }
}
