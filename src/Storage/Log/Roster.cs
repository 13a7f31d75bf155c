namespace Warren.Storage.Log;

/// <summary>
/// Which segments there are, as records up to some one leave it, whatever files there are: what the next segment begins
/// with. Whoever has it guards it.
/// </summary>
internal sealed class Roster
{
    private readonly SortedDictionary<uint, RosterLine> _lines = [];

    /// <summary>By rising segment.</summary>
    public IReadOnlyCollection<RosterLine> Lines => _lines.Values;

    /// <summary>Adds lines, puts them in the place of those of the same segments, or takes those out.</summary>
    public void Apply(params IEnumerable<RosterLine> lines)
    {
        foreach (RosterLine line in lines)
        {
            if (line.IsDropped)
                _lines.Remove(line.Segment);
            else
                _lines[line.Segment] = line;
        }
    }

    /// <summary>All of it, as a record's body.</summary>
    public byte[] Write() => RosterLine.Write(_lines.Values);
}
