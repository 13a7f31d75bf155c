namespace Warren.Storage.Recovery;

/// <summary>Released ranges of one group, asked in rising order of the index.</summary>
internal sealed class ReleasedRanges
{
    private readonly List<(IndexRange Range, uint By)> _ranges;
    private int _at;

    public ReleasedRanges(IEnumerable<(IndexRange Range, uint By)> ranges) =>
        _ranges = [.. ranges.OrderBy(each => each.Range.First)];

    /// <summary>The segment whose record released this index; 0: none did.</summary>
    public uint By(LogIndex index)
    {
        // An index is released once, so that ranges do not overlap; what was released again after a truncation may.
        while (_at < _ranges.Count && _ranges[_at].Range.Last < index)
            _at++;
        for (int at = _at; at < _ranges.Count && _ranges[at].Range.First <= index; at++)
        {
            if (_ranges[at].Range.Contains(index))
                return _ranges[at].By;
        }
        return 0;
    }
}
