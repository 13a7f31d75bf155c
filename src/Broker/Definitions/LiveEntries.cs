using System.Runtime.InteropServices;
using Warren.Cluster.Groups;
using Warren.Storage;

namespace Warren.Broker.Definitions;

/// <summary>
/// Which entries of the definitions' group are live, and where they lie; and of those that ended since the log was
/// compacted, by which entry, since at an index in between they are live still. Owned by the definitions' turn.
/// <para>Entries come by rising index. One that ends stays in its place until half of them have.</para>
/// </summary>
internal sealed class LiveEntries
{
    private readonly List<Line> _lines = [];
    private readonly List<(long Index, long By)> _ended = [];
    private int _dead;

    /// <summary>Told of each entry that is live no more.</summary>
    public Action<LogIndex>? Ended { get; set; }

    public void Clear()
    {
        _lines.Clear();
        _ended.Clear();
        _dead = 0;
    }

    public void Add(in LiveEntry entry) => _lines.Add(new Line(entry));

    /// <summary>An entry is live no more, from another on.</summary>
    public void End(long index, long by)
    {
        int place = Find(index);
        if (place < 0 || _lines[place].IsDead)
            return;
        CollectionsMarshal.AsSpan(_lines)[place].IsDead = true;
        _dead++;
        _ended.Add((index, by));
        Ended?.Invoke(new LogIndex(index));
        if (_dead <= 64 || _dead <= _lines.Count / 2)
            return;
        _lines.RemoveAll(static line => line.IsDead);
        _dead = 0;
    }

    public bool IsLive(long index) => Find(index) is >= 0 and int place && !_lines[place].IsDead;

    /// <summary>The first that is live behind an index.</summary>
    public bool TryNext(long after, out LiveEntry entry)
    {
        int place = Find(after);
        for (place = place < 0 ? ~place : place + 1; place < _lines.Count; place++)
        {
            entry = _lines[place].Entry;
            if (!_lines[place].IsDead)
                return true;
        }
        entry = default;
        return false;
    }

    public void Move(in MovedEntry moved)
    {
        int place = Find(moved.Index.Value);
        if (place >= 0 && _lines[place].Entry.Position == moved.From)
        {
            ref Line line = ref CollectionsMarshal.AsSpan(_lines)[place];
            line.Entry = line.Entry with { Position = moved.To };
        }
    }

    /// <summary>
    /// What compacting up to an index keeps of the range behind the last one, and what it releases before that.
    /// </summary>
    public (LogIndex[] Live, IndexRange[] Released) TakeCompacted(long before, long index)
    {
        var live = new List<LogIndex>();
        for (long at = before; TryNext(at, out LiveEntry entry) && entry.Index.Value <= index; at = entry.Index.Value)
            live.Add(entry.Index);
        var released = new List<IndexRange>();
        foreach ((long ended, long by) in _ended)
        {
            if (ended > before && ended <= index && by > index)
                live.Add(new LogIndex(ended));
            else if (ended <= before && by <= index)
                released.Add(new IndexRange(new LogIndex(ended), new LogIndex(ended)));
        }
        _ended.RemoveAll(one => one.Index <= index && one.By <= index);
        live.Sort();
        return ([.. live], [.. released]);
    }

    // As Array.BinarySearch: the complement of where it would be.
    private int Find(long index)
    {
        int low = 0;
        int high = _lines.Count - 1;
        // Most that ends has just come.
        if (high >= 0 && index > _lines[high].Entry.Index.Value)
            return ~_lines.Count;
        while (low <= high)
        {
            int middle = (low + high) / 2;
            long found = _lines[middle].Entry.Index.Value;
            if (found == index)
                return middle;
            if (found < index)
                low = middle + 1;
            else
                high = middle - 1;
        }
        return ~low;
    }

    private struct Line(LiveEntry entry)
    {
        public LiveEntry Entry = entry;
        public bool IsDead;
    }
}
