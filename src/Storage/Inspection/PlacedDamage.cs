using Warren.Storage.Log;

namespace Warren.Storage.Inspection;

/// <summary>A damaged place, and the live entries that it costs.</summary>
internal sealed class PlacedDamage(SegmentDamage place)
{
    public SegmentDamage Place { get; } = place;

    public SortedDictionary<GroupId, long> Affected { get; } = [];

    public void Count(GroupId group) => Affected[group] = Affected.GetValueOrDefault(group) + 1;
}
