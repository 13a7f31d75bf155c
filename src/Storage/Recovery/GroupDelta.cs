using Warren.Storage.Log;

namespace Warren.Storage.Recovery;

/// <summary>
/// What a stretch of the log does to one group: entries that it adds, and what it does to those before it, which are in
/// the checkpoint that the stretch follows.
/// </summary>
internal sealed class GroupDelta(GroupId id, Overrules overrules)
{
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

    public AddedEntries Added { get; } = new();

    public void Add(in RecordView record)
    {
        // What an index had before is void, and all behind it, even where the truncation itself is gone: with all that
        // it overruled but dead entries, or by damage.
        AddedEntries.Place at = Added.Find(record.Header.Index);
        if (Added.Has(at) && Added.LsnOf(at) == record.Header.Lsn)
        {
            // What it overrules was copied apart from the entry, which is there.
            return;
        }
        Added.RemoveFrom(at);
        if (record.Header.Index < _truncatedFrom)
            (_truncatedFrom, _truncatedBy) = (record.Header.Index, record.Position.Segment);
        if (record.Header.Flags.HasFlag(RecordFlags.Kept))
        {
            var row = new EntryRow
            {
                Index = record.Header.Index,
                Lsn = record.Header.Lsn,
                Term = record.Header.Term,
                Position = record.Position,
                SharedBody = record.SharedBody,
                BodyBytes = record.Header.BodyBytes,
                MetaBytes = record.Header.MetaBytes,
            };
            Added.Add(row, record.Meta);
        }
        Reach(record.Header.Index, record.Header.Term);
    }

    public void Release(IndexRange range, uint by)
    {
        _released.Add((range, by));
        for (AddedEntries.Place at = Added.Find(range.First);
            Added.Has(at) && Added.IndexOf(at) <= range.Last;
            at = Added.Next(at))
        {
            overrules.Add(by, Added.PositionOf(at).Segment);
            Added.Release(at, by);
        }
    }

    public void Truncate(LogIndex from, Term before, uint by)
    {
        AddedEntries.Place first = Added.Find(from);
        for (AddedEntries.Place at = first; Added.Has(at); at = Added.Next(at))
            overrules.Add(by, Added.PositionOf(at).Segment);
        Added.RemoveFrom(first);
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
        AddedEntries.Place at = Added.Find(index);
        if (!Added.Has(at) || Added.IndexOf(at) != index || Added.LsnOf(at) != lsn)
            return false;
        overrules.Add(Added.ReleasedBy(at), to.Segment);
        Added.Move(at, to);
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
}
