using Warren.Cluster.Consensus;
using Warren.Storage;

namespace Warren.Cluster.Tests.Consensus.Simulation;

/// <summary>
/// What nobody in the cluster can know: all that was ever written and committed anywhere. Every observation is held
/// against it.
/// </summary>
internal sealed class Truth
{
    private readonly Dictionary<long, NodeId> _leaders = [];
    private readonly Dictionary<(long Index, long Term), (Term Before, ulong Hash)> _entries = [];
    private readonly List<Term> _committed = [];
    private readonly List<AppliedState> _applied = [default];

    /// <summary>The highest index that is committed.</summary>
    public LogIndex Committed => new(_committed.Count);

    /// <summary>Election safety, and leader completeness (thesis, figure 3.2).</summary>
    public void Leads(NodeId id, RaftNode node)
    {
        if (_leaders.TryAdd(node.Term.Value, id))
            CheckComplete(id, node);
        else if (_leaders[node.Term.Value] != id)
            throw new SimulationException($"term {node.Term} is led by {_leaders[node.Term.Value]} and {id}");
    }

    /// <summary>Log matching: an index and a term name one entry, and all before it.</summary>
    public void Writes(in RaftEntry entry, Term before)
    {
        (Term, ulong) found = (before, HashOf(entry));
        if (!_entries.TryAdd((entry.Index.Value, entry.Term.Value), found)
            && _entries[(entry.Index.Value, entry.Term.Value)] != found)
            throw new SimulationException($"there are two entries {entry.Index} of term {entry.Term}");
    }

    /// <summary>What is committed never changes.</summary>
    public void Commits(LogIndex index, Term term)
    {
        if (index.Value > _committed.Count + 1)
            throw new SimulationException($"{index} is committed before {_committed.Count + 1}");
        if (index.Value == _committed.Count + 1)
        {
            _committed.Add(term);
            _applied.Add(_applied[^1].After(index, term, _entries[(index.Value, term.Value)].Hash));
        }
        else if (_committed[(int)index.Value - 1] != term)
        {
            throw new SimulationException(
                $"{index} was committed in term {_committed[(int)index.Value - 1]} and now in {term}");
        }
    }

    /// <summary>A leader has everything that is committed.</summary>
    public void CheckComplete(NodeId id, RaftNode node)
    {
        for (long index = node.Log.CompactedIndex.Value + 1; index <= _committed.Count; index++)
        {
            if (!node.Log.Matches(new LogIndex(index), _committed[(int)index - 1]))
                throw new SimulationException($"{id} leads term {node.Term} and lacks {index}");
        }
    }

    /// <summary>All machines go through the same states.</summary>
    public void Applies(AppliedState state)
    {
        if (state.Index.Value >= _applied.Count || _applied[(int)state.Index.Value] != state)
            throw new SimulationException($"what is applied at {state.Index} is not what was committed");
    }

    public AppliedState AppliedAt(LogIndex index) => _applied[(int)index.Value];

    public static ulong HashOf(in RaftEntry entry)
    {
        ulong hash = (ulong)entry.PayloadBytes;
        foreach (byte one in entry.Meta.Span)
            hash = AppliedState.Mix(hash ^ one);
        foreach (byte one in entry.Body.Span)
            hash = AppliedState.Mix(hash ^ one);
        return hash;
    }
}
