using Warren.Storage.Log;

namespace Warren.Storage.Recovery;

/// <summary>
/// Places where a record should be and is not: in a segment that is not there, or in a damaged run, which may have left
/// this record whole.
/// </summary>
internal sealed class LostPlaces : IDisposable
{
    private readonly SegmentTable _existing = new();
    private readonly IReadOnlyList<SegmentDamage> _damages;
    private readonly IReadOnlyDictionary<long, BodyRow> _bodies;
    private readonly RecordReader _reader;
    // Neighbours lie in one segment, mostly, and millions are asked for.
    private Segment? _segment;
    private bool _isDamaged;

    public LostPlaces(
        IEnumerable<Segment> segments, IReadOnlyList<SegmentDamage> damages,
        IReadOnlyDictionary<long, BodyRow> bodies)
    {
        foreach (Segment segment in segments)
            _existing.Add(segment);
        _damages = damages;
        _bodies = bodies;
        _reader = new RecordReader(_existing);
    }

    /// <summary>The entry, or the body that it shares, cannot be read.</summary>
    public bool Contains(in EntryRow row) =>
        Contains(row.Position)
        || (row.SharedBody != 0
            && (!_bodies.TryGetValue(row.SharedBody, out BodyRow body) || Contains(body.Position)));

    public bool Contains(Position position)
    {
        if (_segment?.Id != position.Segment && !TryTurnTo(position.Segment))
            return true;
        // Behind the end lies what a checkpoint knows, and the log has lost with its last rounds.
        return position.Offset >= _segment!.End || (_isDamaged && IsDamaged(position));
    }

    public void Dispose() => _reader.Dispose();

    private bool TryTurnTo(uint id)
    {
        if (!_existing.TryGet(id, out Segment? segment))
            return false;
        _segment = segment;
        _isDamaged = _damages.Any(damage => damage.Segment == id);
        return true;
    }

    private bool IsDamaged(Position position) =>
        _damages.Any(damage => damage.Contains(position)) && !_reader.TryRead(position, out _);
}
