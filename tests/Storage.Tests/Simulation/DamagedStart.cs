using Warren.Storage.Disk;

namespace Warren.Storage.Tests.Simulation;

/// <summary>A start of which nothing is expected but that it comes to an end: what it brought.</summary>
internal sealed class DamagedStart
{
    private readonly List<(FoundEntry Entry, Position Position, SharedBody? Shared, int BodyBytes)> _raw = [];
    private readonly Dictionary<long, (long Index, long Term)> _heads = [];
    private readonly Dictionary<long, long> _unsound = [];

    public DamagedStart(FaultyDisk disk, NodeLogOptions options)
    {
        Log = StorageDirectory.Open(disk, options, Watcher, (_, group) => Collect(group), static () => { });
        using EntryReader reader = Log.OpenReader();
        foreach ((FoundEntry entry, Position position, SharedBody? shared, int bodyBytes) in _raw)
            Add(entry with { Body = Read(reader, entry, position, shared, bodyBytes) });
    }

    public NodeLog Log { get; }

    public SimulatedWatcher Watcher { get; } = new();

    public Dictionary<(long Group, long Index), FoundEntry> Entries { get; } = [];

    public IReadOnlyDictionary<long, (long Index, long Term)> Heads => _heads;

    /// <summary>Groups that are not whole, and how many entries they are known to have lost.</summary>
    public IReadOnlyDictionary<long, long> Unsound => _unsound;

    private static byte[]? Read(
        EntryReader reader, FoundEntry entry, Position position, SharedBody? shared, int bodyBytes)
    {
        if (shared is not null)
            return reader.TryRead(shared, out ReadOnlySpan<byte> all) ? all.ToArray() : null;
        return reader.TryRead(
            new GroupId(entry.Group), new LogIndex(entry.Index), position,
            EntryReader.EntryOverheadBytes + entry.Meta.Length + bodyBytes, out _, out ReadOnlySpan<byte> body)
            ? body.ToArray()
            : null;
    }

    private void Collect(RecoveredGroup group)
    {
        while (group.TryNext(out RecoveredEntry entry))
        {
            long shared = entry.SharedBody?.Lsn.Value ?? 0;
            var found = new FoundEntry(
                group.Id.Value, entry.Index.Value, entry.Term.Value, entry.Meta.ToArray(), shared, null);
            _raw.Add((found, entry.Position, entry.SharedBody, entry.BodyBytes));
        }
        if (group.IsUnsound)
            _unsound.Add(group.Id.Value, group.LostEntries);
        _heads.Add(group.Id.Value, (group.LastIndex.Value, group.LastTerm.Value));
    }

    private void Add(FoundEntry entry)
    {
        if (!Entries.TryAdd((entry.Group, entry.Index), entry))
            throw new SimulationException($"group {entry.Group} has entry {entry.Index} twice");
    }
}
