using System.Runtime.InteropServices;
using Warren.Storage;

namespace Warren.Broker.Queues.Replicated;

/// <summary>
/// The live returns of a replica by rising index. One that ends stays in its place, marked, until half of them have.
/// </summary>
internal sealed class ReplicaReturns
{
    private const int FewReturns = 64;

    private readonly List<Line> _lines = new(0);
    private int _gone;

    /// <summary>Behind all others.</summary>
    public void Add(in ReturnEntry entry) => _lines.Add(new Line { Entry = entry });

    public bool TryFind(long index, out ReturnEntry entry)
    {
        int place = PlaceOf(index);
        bool isFound = place < _lines.Count && _lines[place].Entry.Index == index && !_lines[place].IsGone;
        entry = isFound ? _lines[place].Entry : default;
        return isFound;
    }

    /// <summary>The first behind an index.</summary>
    public bool TryNext(long after, out ReturnEntry entry)
    {
        for (int place = PlaceOf(after + 1); place < _lines.Count; place++)
        {
            entry = _lines[place].Entry;
            if (!_lines[place].IsGone)
                return true;
        }
        entry = default;
        return false;
    }

    public void Remove(long index)
    {
        int place = PlaceOf(index);
        if (place == _lines.Count || _lines[place].Entry.Index != index || _lines[place].IsGone)
            return;
        CollectionsMarshal.AsSpan(_lines)[place].IsGone = true;
        _gone++;
        if (_gone <= FewReturns || _gone <= _lines.Count / 2)
            return;
        _lines.RemoveAll(static line => line.IsGone);
        _gone = 0;
    }

    /// <summary>A record lies elsewhere now.</summary>
    public void Move(in MovedEntry moved)
    {
        int place = PlaceOf(moved.Index.Value);
        if (place == _lines.Count)
            return;
        ref Line line = ref CollectionsMarshal.AsSpan(_lines)[place];
        if (line.Entry.Index == moved.Index.Value && line.Entry.Record == moved.From)
            line.Entry = line.Entry with { Record = moved.To };
    }

    public void Clear()
    {
        _lines.Clear();
        _gone = 0;
    }

    // The first that is at or behind an index.
    private int PlaceOf(long index)
    {
        int low = 0;
        int high = _lines.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_lines[middle].Entry.Index < index)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }

    private struct Line
    {
        public ReturnEntry Entry;
        public bool IsGone;
    }
}
