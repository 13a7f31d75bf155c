namespace Warren.Broker.Tests.Cluster.Nodes;

/// <summary>
/// All that was asked for under one name: from it follows when what it names must have been there, and when not,
/// whatever became of what was not answered.
/// </summary>
internal sealed class NameHistory
{
    private readonly List<NameChange> _makings = [];
    private readonly List<NameChange> _removals = [];

    public NameChange Make(long now) => Add(_makings, new NameChange(now));

    public NameChange Remove(long now) => Add(_removals, new NameChange(now));

    /// <summary>A removal of something else takes this along.</summary>
    public void GoesWith(NameChange removal) => _removals.Add(removal);

    /// <summary>It was there all the time between two steps.</summary>
    public bool MustBe(long from, long to) => Must(_makings, _removals, from, to);

    /// <summary>It was not there at any time between two steps.</summary>
    public bool MustNotBe(long from, long to) =>
        !_makings.Exists(one => !one.IsRefused && one.Begun <= to) || Must(_removals, _makings, from, to);

    private static bool Must(List<NameChange> changes, List<NameChange> undoing, long from, long to)
    {
        foreach (NameChange change in changes)
        {
            if (change.IsDone && change.Ended <= from
                && undoing.TrueForAll(other => other.IsRefused || other.Ended < change.Begun || other.Begun > to))
                return true;
        }
        return false;
    }

    private static NameChange Add(List<NameChange> changes, NameChange change)
    {
        changes.Add(change);
        return change;
    }
}
