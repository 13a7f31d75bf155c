namespace Warren.Storage.Tests.Simulation;

/// <summary>
/// What the log must hold: a list of changes by LSN, so that its state can be told for every LSN at which a crash may
/// have cut it.
/// </summary>
internal sealed class Model
{
    private readonly List<(long Lsn, long Group, Action<Dictionary<long, ModelGroup>> Change)> _changes = [];
    private readonly Dictionary<long, ModelGroup> _base = [];

    public Dictionary<long, ModelGroup> Groups { get; private set; } = [];

    public void Change(Lsn lsn, long group, Action<Dictionary<long, ModelGroup>> change)
    {
        change(Groups);
        _changes.Add((lsn.Value, group, change));
    }

    /// <summary>Everything above this LSN never was.</summary>
    public void CutAt(Lsn lsn)
    {
        foreach ((_, _, Action<Dictionary<long, ModelGroup>> change) in _changes.Where(each => each.Lsn <= lsn.Value))
            change(_base);
        _changes.Clear();
        Groups = Copy(_base);
    }

    private static Dictionary<long, ModelGroup> Copy(Dictionary<long, ModelGroup> groups) =>
        groups.ToDictionary(each => each.Key, each => each.Value.Clone());
}
