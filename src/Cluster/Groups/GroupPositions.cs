using Warren.Cluster.Consensus;
using Warren.Storage;

namespace Warren.Cluster.Groups;

/// <summary>Where the entries behind the compacted index lie on this node's disk, as they were written.</summary>
internal sealed class GroupPositions
{
    private readonly List<(Term Term, Position Position)> _entries = [];

    public GroupPositions(RaftGroupStart start)
    {
        Before = start.Raft.State.CompactedIndex;
        for (int place = 0; place < start.Positions.Count; place++)
            _entries.Add((start.Raft.Entries[place].Term, start.Positions[place]));
    }

    /// <summary>The index before the first.</summary>
    public LogIndex Before { get; private set; }

    public Position this[LogIndex index] => _entries[Place(index)].Position;

    /// <summary>Whether this very entry is there.</summary>
    public bool Matches(LogIndex index, Term term)
    {
        int place = Place(index);
        return place >= 0 && place < _entries.Count && _entries[place].Term == term;
    }

    public void Reset(LogIndex before)
    {
        _entries.Clear();
        Before = before;
    }

    /// <summary>An entry has been appended; what was at its index or above is void.</summary>
    public void Append(LogIndex index, Term term, Position position)
    {
        int place = Place(index);
        Invariant.Holds(place >= 0 && place <= _entries.Count, "an entry is written behind a gap");
        _entries.RemoveRange(place, _entries.Count - place);
        _entries.Add((term, position));
    }

    public void RemoveTo(LogIndex index)
    {
        int count = Math.Min(_entries.Count, Place(index) + 1);
        _entries.RemoveRange(0, count);
        Before = index;
    }

    public void Move(in MovedEntry moved)
    {
        int place = Place(moved.Index);
        if (place >= 0 && place < _entries.Count && _entries[place].Position == moved.From)
            _entries[place] = (_entries[place].Term, moved.To);
    }

    private int Place(LogIndex index) => (int)(index.Value - Before.Value - 1);
}
