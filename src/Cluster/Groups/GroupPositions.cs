using Warren.Cluster.Consensus;
using Warren.Storage;

namespace Warren.Cluster.Groups;

/// <summary>Where the entries behind the compacted index lie on this node's disk.</summary>
internal sealed class GroupPositions(LogIndex compacted, IEnumerable<Position> positions)
{
    private readonly List<Position> _positions = [.. positions];

    /// <summary>The one before the first.</summary>
    private LogIndex _before = compacted;

    public Position this[LogIndex index] => _positions[Place(index)];

    public void Reset(LogIndex before)
    {
        _positions.Clear();
        _before = before;
    }

    /// <summary>An entry has been appended; what was at its index or above is void.</summary>
    public void Append(LogIndex index, Position position)
    {
        int place = Place(index);
        Invariant.Holds(place >= 0 && place <= _positions.Count, "an entry is written behind a gap");
        _positions.RemoveRange(place, _positions.Count - place);
        _positions.Add(position);
    }

    public void RemoveTo(LogIndex index)
    {
        int count = Math.Min(_positions.Count, Place(index) + 1);
        _positions.RemoveRange(0, count);
        _before = index;
    }

    public void Move(in MovedEntry moved)
    {
        int place = Place(moved.Index);
        if (place >= 0 && place < _positions.Count && _positions[place] == moved.From)
            _positions[place] = moved.To;
    }

    private int Place(LogIndex index) => (int)(index.Value - _before.Value - 1);
}
