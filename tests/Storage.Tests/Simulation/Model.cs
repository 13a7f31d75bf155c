namespace Warren.Storage.Tests.Simulation;

using Change = Action<Dictionary<long, ModelGroup>>;

/// <summary>
/// What the log must hold: a list of changes by LSN, so that its state can be told for every LSN at which a crash may
/// have cut it.
/// </summary>
internal sealed class Model
{
    private readonly List<(Lsn Lsn, Change Change)> _changes = [];
    private readonly Dictionary<long, byte[]> _bodies = [];
    private Dictionary<long, ModelGroup> _base = [];

    /// <summary>With everything that was appended.</summary>
    public Dictionary<long, ModelGroup> Groups { get; private set; } = [];

    /// <summary>Shared bodies by LSN.</summary>
    public IReadOnlyDictionary<long, byte[]> Bodies => _bodies;

    public void AddBody(Lsn lsn, byte[] body) => _bodies[lsn.Value] = body;

    public void Apply(Lsn lsn, Change change)
    {
        change(Groups);
        _changes.Add((lsn, change));
    }

    /// <summary>It will not be asked for what was before this LSN any more.</summary>
    public void Settle(Lsn lsn)
    {
        int count = 0;
        for (; count < _changes.Count && _changes[count].Lsn <= lsn; count++)
            _changes[count].Change(_base);
        _changes.RemoveRange(0, count);
    }

    /// <summary>The groups as this LSN left them.</summary>
    public Dictionary<long, ModelGroup> At(Lsn lsn)
    {
        Dictionary<long, ModelGroup> groups = Copy(_base);
        foreach ((Lsn changed, Change change) in _changes)
        {
            if (changed <= lsn)
                change(groups);
        }
        return groups;
    }

    /// <summary>This is what there is; everything else never was.</summary>
    public void Restart(Dictionary<long, ModelGroup> groups)
    {
        _changes.Clear();
        _base = groups;
        Groups = Copy(groups);
    }

    private static Dictionary<long, ModelGroup> Copy(Dictionary<long, ModelGroup> groups) =>
        groups.ToDictionary(each => each.Key, each => each.Value.Clone());
}
