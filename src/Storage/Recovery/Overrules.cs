namespace Warren.Storage.Recovery;

/// <summary>
/// Which segment's records overrule records of which other: a release, a truncation, a deletion is kept until what it
/// overrules is off the disk, or a start without a checkpoint would bring that back.
/// </summary>
internal sealed class Overrules
{
    private readonly Dictionary<uint, HashSet<uint>> _targets = [];

    public void Add(uint segment, uint target)
    {
        if (segment == target || segment == 0)
            return;
        if (!_targets.TryGetValue(segment, out HashSet<uint>? targets))
            _targets.Add(segment, targets = []);
        targets.Add(target);
    }

    public IReadOnlyCollection<uint> Of(uint segment) =>
        _targets.TryGetValue(segment, out HashSet<uint>? targets) ? targets : [];
}
