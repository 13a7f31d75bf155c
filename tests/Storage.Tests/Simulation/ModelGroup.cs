namespace Warren.Storage.Tests.Simulation;

/// <summary>What a group must look like.</summary>
internal sealed class ModelGroup
{
    private SortedList<long, ModelEntry> _live = [];

    public IReadOnlyDictionary<long, ModelEntry> Live => _live;

    public IList<long> LiveIndexes => _live.Keys;

    public IList<ModelEntry> LiveEntries => _live.Values;

    public long LastIndex { get; set; }

    public long LastTerm { get; set; }

    public byte[] State { get; set; } = [];

    /// <summary>How many entries it is said to have lost; null: it is sound.</summary>
    public long? Lost { get; set; }

    /// <summary>It was marked once, sound or not.</summary>
    public bool IsMarked { get; set; }

    public void Add(ModelEntry entry, bool isKept)
    {
        LastIndex = entry.Index;
        LastTerm = entry.Term;
        if (isKept)
            _live.Add(entry.Index, entry);
    }

    public void Release(IndexRange range) => RemoveAll(index => range.Contains(new LogIndex(index)));

    public void Truncate(long from, long termBefore)
    {
        RemoveAll(index => index >= from);
        LastIndex = from - 1;
        LastTerm = termBefore;
    }

    public ModelGroup Clone() => new()
    {
        LastIndex = LastIndex,
        LastTerm = LastTerm,
        State = State,
        Lost = Lost,
        IsMarked = IsMarked,
        _live = new SortedList<long, ModelEntry>(_live),
    };

    private void RemoveAll(Predicate<long> isGone)
    {
        for (int at = _live.Count - 1; at >= 0; at--)
        {
            if (isGone(_live.Keys[at]))
                _live.RemoveAt(at);
        }
    }
}
