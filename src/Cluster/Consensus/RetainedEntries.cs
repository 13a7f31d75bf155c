namespace Warren.Cluster.Consensus;

/// <summary>A row of entries that grows at its end and goes at both: a ring, grown by doubling.</summary>
internal sealed class RetainedEntries
{
    private RaftEntry[] _ring = [];
    private int _first;

    public int Count { get; private set; }

    /// <summary>Valid until one is added or goes.</summary>
    public ref RaftEntry this[int place] => ref _ring[At(place)];

    public void Add(in RaftEntry entry)
    {
        if (Count == _ring.Length)
            Grow();
        Count++;
        _ring[At(Count - 1)] = entry;
    }

    public void RemoveFirst()
    {
        _ring[At(0)] = default;
        _first = (_first + 1) & (_ring.Length - 1);
        Count--;
    }

    public void RemoveLast()
    {
        _ring[At(Count - 1)] = default;
        Count--;
    }

    public void Clear()
    {
        _ring = [];
        _first = 0;
        Count = 0;
    }

    private int At(int place)
    {
        Invariant.Holds((uint)place < (uint)Count, "an entry is looked for outside the log");
        return (_first + place) & (_ring.Length - 1);
    }

    private void Grow()
    {
        var ring = new RaftEntry[Math.Max(4, _ring.Length * 2)];
        for (int place = 0; place < Count; place++)
            ring[place] = _ring[At(place)];
        _ring = ring;
        _first = 0;
    }
}
