using Warren.Cluster.Tests.Consensus.Simulation;
using Warren.Storage;

namespace Warren.Cluster.Tests.Groups;

/// <summary>
/// What anybody was told to be committed, and what is live after each entry of it. Every machine is held against it.
/// </summary>
internal sealed class KeyTruth
{
    private readonly SortedList<long, (byte[] Meta, ulong Hash)> _entries = [];
    private readonly List<(long Index, SortedList<long, ulong> Live)> _live = [(0, [])];

    public LogIndex Last => new(_entries.Count == 0 ? 0 : _entries.Keys[^1]);

    public int Count => _entries.Count;

    /// <summary>An entry from before there was consensus: it counts at once, live or not.</summary>
    public void Begins(LogIndex index, byte[] meta, ulong hash) => Commits(index, meta, hash);

    public (byte[] Meta, ulong Hash)? Find(LogIndex index) =>
        _entries.TryGetValue(index.Value, out (byte[], ulong) entry) ? entry : null;

    public void Commits(LogIndex index, byte[] meta, ulong hash)
    {
        if (_entries.TryGetValue(index.Value, out (byte[] Meta, ulong Hash) known))
        {
            if (known.Hash != hash)
                throw new SimulationException($"two entries {index} are committed");
            return;
        }
        if (index <= Last)
            throw new SimulationException($"{index} is committed for the first time behind {Last}");
        _entries.Add(index.Value, (meta, hash));
        var live = new SortedList<long, ulong>();
        foreach ((long one, ulong of) in _live[^1].Live)
        {
            if (_entries[one].Meta[1] != meta[1])
                live.Add(one, of);
        }
        if (meta[0] == KeyMachine.Set)
            live.Add(index.Value, hash);
        _live.Add((index.Value, live));
    }

    public SortedList<long, ulong> LiveAt(LogIndex index)
    {
        for (int place = _live.Count - 1; ; place--)
        {
            if (_live[place].Index <= index.Value)
                return _live[place].Live;
        }
    }

    /// <summary>A machine that has everything up to an index, and nothing behind.</summary>
    public void Check(LogIndex index, KeyMachine machine)
    {
        SortedList<long, ulong> expected = LiveAt(index);
        var found = machine.Live.ToDictionary(live => live.Entry.Index.Value, live => live.Hash);
        bool isSame = expected.Count == found.Count
            && expected.All(one => found.TryGetValue(one.Key, out ulong hash) && hash == one.Value);
        if (!isSame)
        {
            throw new SimulationException(
                $"live at {index}: {string.Join(" ", found.Keys)}, not {string.Join(" ", expected.Keys)}");
        }
    }
}
