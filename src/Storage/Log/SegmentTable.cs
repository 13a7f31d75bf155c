using System.Diagnostics.CodeAnalysis;

namespace Warren.Storage.Log;

/// <summary>The segments that exist, by id. A leaf lock: readers look up, the committer and reclaim change.</summary>
internal sealed class SegmentTable
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<uint, Segment> _segments = [];
    private bool _hasNewDamage;

    /// <summary>
    /// Held while spare files are taken or removed: the committer does the one, and when space is short the background
    /// thread the other.
    /// </summary>
    public Lock Spares { get; } = new();

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

    /// <summary>Something in this segment is not what was written, if it is there.</summary>
    public void NoteDamage(uint id)
    {
        lock (_lock)
        {
            if (!_segments.TryGetValue(id, out Segment? segment) || segment.IsDamaged)
                return;
            segment.IsDamaged = true;
            _hasNewDamage = true;
        }
    }

    /// <summary>Segments in which damage was found and whose files do not say so.</summary>
    public bool HasNewlyDamaged => Volatile.Read(ref _hasNewDamage);

    /// <summary>Brings them, once but for those whose files are not renamed then.</summary>
    public IEnumerable<Segment> TakeNewlyDamaged()
    {
        lock (_lock)
        {
            _hasNewDamage = false;
            return [.. _segments.Values.Where(segment => segment is { IsDamaged: true, IsSuspect: false })];
        }
    }

    public IReadOnlyList<Segment> All()
    {
        lock (_lock)
            return [.. _segments.Values];
    }
}
