using Warren.Storage.Log;

namespace Warren.Storage.Recovery;

/// <summary>Places where a record should be and none can: in a damaged run, or in a segment that is not there.</summary>
internal sealed class LostPlaces(IEnumerable<Segment> segments, IReadOnlyList<SegmentDamage> damages)
{
    private readonly HashSet<uint> _existing = [.. segments.Select(segment => segment.Id)];

    public bool Contains(Position position)
    {
        if (!_existing.Contains(position.Segment))
            return true;
        foreach (SegmentDamage damage in damages)
        {
            if (damage.Contains(position))
                return true;
        }
        return false;
    }
}
