namespace Warren.Storage.Recovery;

/// <summary>
/// Entries that a stretch of the log adds to a group, by rising index; dead ones are marked. First they are found and
/// changed, then they are taken, which gives their memory back on the way.
/// </summary>
internal sealed class AddedEntries
{
    private readonly List<EntryBlock?> _blocks = [];
    private Place _taken;

    /// <summary>One of the entries; which, only until entries are added or removed.</summary>
    public readonly record struct Place(int Block, int At);

    /// <summary>Adds an entry behind all others.</summary>
    public void Add(in EntryRow row, ReadOnlySpan<byte> meta)
    {
        EntryBlock? last = _blocks.Count == 0 ? null : _blocks[^1];
        if (last is not null && last.TryAdd(row, meta))
            return;
        last?.Close();
        var next = new EntryBlock(row, last);
        next.TryAdd(row, meta);
        _blocks.Add(next);
    }

    /// <summary>
    /// The first entry with this index or a higher one; there is none if <see cref="Has"/> is false of it.
    /// </summary>
    public Place Find(LogIndex index)
    {
        int low = 0;
        int high = _blocks.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            EntryBlock block = _blocks[middle]!;
            if (block.IndexOf(block.Count - 1) < index)
                low = middle + 1;
            else
                high = middle;
        }
        return new Place(low, low == _blocks.Count ? 0 : _blocks[low]!.Find(index));
    }

    public bool Has(Place place) => place.Block < _blocks.Count;

    public Place Next(Place place) =>
        place.At + 1 < _blocks[place.Block]!.Count ? place with { At = place.At + 1 } : new Place(place.Block + 1, 0);

    public LogIndex IndexOf(Place place) => _blocks[place.Block]!.IndexOf(place.At);

    public Lsn LsnOf(Place place) => _blocks[place.Block]!.LsnOf(place.At);

    public Position PositionOf(Place place) => _blocks[place.Block]!.PositionOf(place.At);

    /// <summary>The segment whose record released it; 0: it is live.</summary>
    public uint ReleasedBy(Place place) => _blocks[place.Block]!.ReleasedBy(place.At);

    public void Release(Place place, uint by) => _blocks[place.Block]!.Release(place.At, by);

    public void Move(Place place, Position to) => _blocks[place.Block]!.Move(place.At, to);

    /// <summary>Removes this entry and all behind it.</summary>
    public void RemoveFrom(Place place)
    {
        if (!Has(place))
            return;
        int kept = place.At == 0 ? place.Block : place.Block + 1;
        _blocks.RemoveRange(kept, _blocks.Count - kept);
        if (place.At > 0)
            _blocks[^1]!.Cut(place.At);
    }

    /// <summary>Takes the next entry out; false at the end.</summary>
    public bool TryTake(out EntryRow row, out ReadOnlySpan<byte> meta)
    {
        row = default;
        meta = default;
        if (!Has(_taken))
            return false;
        row = _blocks[_taken.Block]!.Get(_taken.At, out meta);
        Place next = Next(_taken);
        if (next.Block > _taken.Block)
            _blocks[_taken.Block] = null;
        _taken = next;
        return true;
    }
}
