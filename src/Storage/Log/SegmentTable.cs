using System.Diagnostics.CodeAnalysis;

namespace Warren.Storage.Log;

/// <summary>The segments that exist, by id. A leaf lock: readers look up, the committer and reclaim change.</summary>
internal sealed class SegmentTable
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<uint, Segment> _segments = [];

    public bool TryGet(uint id, [NotNullWhen(true)] out Segment? segment)
    {
        lock (_lock)
            return _segments.TryGetValue(id, out segment);
    }

    public void Add(Segment segment)
    {
        lock (_lock)
            _segments.Add(segment.Id, segment);
    }

    public void Remove(uint id)
    {
        lock (_lock)
            _segments.Remove(id);
    }

    public IReadOnlyList<Segment> All()
    {
        lock (_lock)
            return [.. _segments.Values];
    }
}
