using System.Runtime.InteropServices;
using Warren.Storage;

namespace Warren.Broker.Durability;

/// <summary>
/// Entries of one group that are gone and not yet released: gathered in any order, written as ranges.
/// </summary>
internal sealed class RemovedRanges
{
    /// <summary>A longer list of ranges is given up after use.</summary>
    private const int KeptRanges = 4096;

    private readonly List<IndexRange> _ranges = new(0);
    private bool _isUnsorted;

    public bool IsEmpty => _ranges.Count == 0;

    public void Add(long index)
    {
        if (_ranges.Count > 0)
        {
            ref IndexRange last = ref CollectionsMarshal.AsSpan(_ranges)[^1];
            if (last.Last.Value + 1 == index)
            {
                last = last with { Last = new LogIndex(index) };
                return;
            }
            if (index >= last.First.Value && index <= last.Last.Value)
                return;
            _isUnsorted |= index < last.Last.Value;
        }
        _ranges.Add(new IndexRange(new LogIndex(index), new LogIndex(index)));
    }

    /// <summary>By rising index; valid until the next change.</summary>
    public ReadOnlySpan<IndexRange> Sorted()
    {
        if (_isUnsorted)
            Sort();
        return CollectionsMarshal.AsSpan(_ranges);
    }

    public void Clear()
    {
        _isUnsorted = false;
        _ranges.Clear();
        if (_ranges.Capacity > KeptRanges)
            _ranges.Capacity = 0;
    }

    private void Sort()
    {
        _isUnsorted = false;
        _ranges.Sort(static (left, right) => left.First.CompareTo(right.First));
        int kept = 0;
        Span<IndexRange> ranges = CollectionsMarshal.AsSpan(_ranges);
        for (int at = 1; at < ranges.Length; at++)
        {
            if (ranges[kept].Last.Value + 1 < ranges[at].First.Value)
                ranges[++kept] = ranges[at];
            else if (ranges[at].Last > ranges[kept].Last)
                ranges[kept] = ranges[kept] with { Last = ranges[at].Last };
        }
        _ranges.RemoveRange(kept + 1, _ranges.Count - kept - 1);
    }
}
