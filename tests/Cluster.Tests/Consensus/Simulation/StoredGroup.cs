using Warren.Cluster.Consensus;
using Warren.Storage;

namespace Warren.Cluster.Tests.Consensus.Simulation;

/// <summary>A member's group on its disk: what a crash now would leave at least.</summary>
internal sealed class StoredGroup
{
    private readonly SortedList<long, RaftEntry> _entries = [];

    public HardState State { get; private set; } = new();

    /// <summary>The machine as of the compacted index.</summary>
    public AppliedState Applied { get; private set; }

    public bool IsUnsound { get; private set; }

    public IReadOnlyList<RaftEntry> Entries => [.. _entries.Values];

    public void Found(Membership members) => State = new HardState { Members = members };

    public void Damage()
    {
        IsUnsound = true;
        _entries.Clear();
        Applied = default;
    }

    public void Apply(StoredWrite write)
    {
        if (write.Install is { } install)
        {
            Remove(index => !install.IsTailKept || index <= install.Index.Value);
            Applied = write.Applied;
        }
        if (write.TruncateFrom.Value > 0)
            Remove(index => index >= write.TruncateFrom.Value);
        foreach (RaftEntry entry in write.Entries)
        {
            long last = _entries.Count == 0 ? long.MaxValue : _entries.Keys[^1];
            if (_entries.Count > 0 && entry.Index.Value != last + 1)
                throw new SimulationException($"entry {entry.Index} is written behind {last}");
            _entries.Add(entry.Index.Value, entry);
        }
        if (write.State is { } state)
        {
            State = state;
            Applied = write.Applied;
            Remove(index => index <= state.CompactedIndex.Value);
        }
        IsUnsound &= !write.BecameSound;
    }

    public RaftEntry? Find(LogIndex index, Term term) =>
        _entries.TryGetValue(index.Value, out RaftEntry entry) && entry.Term == term ? entry : null;

    private void Remove(Func<long, bool> isWanted)
    {
        foreach (long index in _entries.Keys.Where(isWanted).ToList())
            _entries.Remove(index);
    }
}
