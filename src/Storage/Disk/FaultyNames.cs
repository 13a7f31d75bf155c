namespace Warren.Storage.Disk;

/// <summary>
/// The names of a <see cref="FaultyDisk"/>: those that the process sees, those that are durable, and the changes
/// between them in their order. A change of several names is one step, across directories too.
/// Invariant: <see cref="_durable"/> and then <see cref="_unsynced"/> in order make <see cref="Seen"/>.
/// </summary>
internal sealed class FaultyNames
{
    private readonly NameTable<FaultyFile> _durable;
    private readonly List<NameChange> _unsynced;

    public FaultyNames()
        : this(new NameTable<FaultyFile>(), new NameTable<FaultyFile>(), [])
    {
    }

    private FaultyNames(NameTable<FaultyFile> durable, NameTable<FaultyFile> seen, List<NameChange> unsynced)
    {
        _durable = durable;
        Seen = seen;
        _unsynced = unsynced;
    }

    public NameTable<FaultyFile> Seen { get; }

    public IReadOnlyList<NameChange> Unsynced => _unsynced;

    /// <summary>All files that a crash may show.</summary>
    public IEnumerable<FaultyFile> Files =>
        _durable.Entries.Select(entry => entry.Value).Concat(_unsynced.Select(change => change.File))
            .OfType<FaultyFile>().Distinct();

    public void Change(NameChange change)
    {
        change.ApplyTo(Seen);
        _unsynced.Add(change);
    }

    /// <summary>Makes the names of a directory durable.</summary>
    public void SyncDirectory(string directory) => MakeDurable(name => DiskPath.Parent(name) == directory);

    /// <summary>A sync of a directory that fails after some of its changes.</summary>
    public void SyncPrefix(string directory, Random random)
    {
        var changes = _unsynced.FindAll(change => change.Touches(name => DiskPath.Parent(name) == directory));
        var last = random.Next(changes.Count + 1);
        if (last > 0)
            MakeDurable(name => DiskPath.Parent(name) == directory, changes[last - 1].Sequence);
    }

    /// <summary>Removes a name from what is seen and what is durable.</summary>
    public void RemoveForGood(string path)
    {
        MakeDurable(name => name == path);
        Seen.Remove(path);
        _durable.Remove(path);
    }

    /// <summary>The same names for another disk, with the files' copies.</summary>
    public FaultyNames Clone()
    {
        var copies = new Dictionary<FaultyFile, FaultyFile>();
        FaultyFile? CopyOf(FaultyFile? file) => file is null ? null : Copy(copies, file, original => original.Clone());
        var unsynced = _unsynced.ConvertAll(change => change with { File = CopyOf(change.File) });
        return new FaultyNames(Copy(_durable, CopyOf), Copy(Seen, CopyOf), unsynced);
    }

    /// <summary>The names after a power cut.</summary>
    /// <param name="keeps">
    /// Asked for each change in order whether it came through; one that builds on a lost one is lost unasked.
    /// </param>
    /// <param name="namesSurviveApart">Changes build on those of the same names, not of the same directory.</param>
    /// <param name="found">What a file that is found holds.</param>
    public FaultyNames Crash(
        Func<NameChange, bool> keeps, bool namesSurviveApart, Func<FaultyFile, FaultyFile> found)
    {
        var names = _durable.Clone();
        var lost = new HashSet<string>();
        string KeyOf(string name) => namesSurviveApart ? name : DiskPath.Parent(name);
        foreach (var change in _unsynced)
        {
            if (!change.Touches(name => lost.Contains(KeyOf(name))) && keeps(change))
            {
                change.ApplyTo(names);
                continue;
            }
            if (change.Removed is not null)
                lost.Add(KeyOf(change.Removed));
            if (change.Added is not null)
                lost.Add(KeyOf(change.Added));
        }
        var copies = new Dictionary<FaultyFile, FaultyFile>();
        var durable = Copy(WithoutOrphans(names), file => file is null ? null : Copy(copies, file, found));
        return new FaultyNames(durable, durable.Clone(), []);
    }

    /// <summary>
    /// Makes the wanted changes durable, and those before them that they build on: of the same names.
    /// </summary>
    private void MakeDurable(Func<string, bool> isWanted, long upTo = long.MaxValue)
    {
        var needed = new HashSet<string>();
        var taken = new HashSet<NameChange>(ReferenceEqualityComparer.Instance);
        for (var i = _unsynced.Count - 1; i >= 0; i--)
        {
            var change = _unsynced[i];
            if (change.Sequence > upTo || !change.Touches(name => needed.Contains(name) || isWanted(name)))
                continue;
            taken.Add(change);
            if (change.Removed is not null)
                needed.Add(change.Removed);
            if (change.Added is not null)
                needed.Add(change.Added);
        }
        foreach (var change in _unsynced)
        {
            if (taken.Contains(change))
                change.ApplyTo(_durable);
        }
        _unsynced.RemoveAll(taken.Contains);
    }

    /// <summary>Without what is in a directory whose own name is lost.</summary>
    private static NameTable<FaultyFile> WithoutOrphans(NameTable<FaultyFile> names)
    {
        var result = new NameTable<FaultyFile>();
        foreach (var (path, file) in names.Entries)
        {
            if (DiskPath.Prefixes(DiskPath.Parent(path)).All(names.IsDirectory))
                result.Set(path, file);
        }
        return result;
    }

    private static NameTable<FaultyFile> Copy(NameTable<FaultyFile> names, Func<FaultyFile?, FaultyFile?> copyOf)
    {
        var result = new NameTable<FaultyFile>();
        foreach (var (path, file) in names.Entries)
            result.Set(path, copyOf(file));
        return result;
    }

    private static FaultyFile Copy(
        Dictionary<FaultyFile, FaultyFile> copies, FaultyFile file, Func<FaultyFile, FaultyFile> copy)
    {
        if (!copies.TryGetValue(file, out var result))
            copies.Add(file, result = copy(file));
        return result;
    }
}
