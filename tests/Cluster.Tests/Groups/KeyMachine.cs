using Warren.Cluster.Consensus;
using Warren.Cluster.Consensus.Messages;
using Warren.Cluster.Groups;
using Warren.Cluster.Tests.Consensus.Simulation;
using Warren.Storage;

namespace Warren.Cluster.Tests.Groups;

/// <summary>
/// A replicated machine of a few keys: an entry sets one or removes it. The newest setting of each key is live. It
/// knows since when what is dead, so that it can say what was live at any index behind the last compaction.
/// </summary>
internal sealed class KeyMachine : RaftGroupOwner
{
    public const byte Set = 1;
    public const byte Remove = 2;

    private readonly Dictionary<byte, LogIndex> _keys = [];
    private readonly SortedList<long, (LiveEntry Entry, ulong Hash)> _live = [];
    private readonly List<(LogIndex Index, LogIndex By)> _died = [];
    private readonly List<(LogIndex Index, byte[] Meta, ulong Hash)> _untold = [];
    private LogIndex _told;

    public required Action<NodeId, RaftMessage> Sends { get; init; }

    public RaftGroup? Group { get; set; }

    public required KeyTruth Truth { get; init; }

    public Queue<PayloadRead> Reads { get; } = new();

    /// <summary>What was committed when each barrier was asked for.</summary>
    public Dictionary<long, LogIndex> Barriers { get; } = [];

    public int BarriersReached { get; private set; }

    /// <summary>Applied, in order, and whether that was before it was committed.</summary>
    public LogIndex Applied { get; private set; }

    public LogIndex Told => _told;

    public IEnumerable<(LiveEntry Entry, ulong Hash)> Live => _live.Values;

    /// <summary>All was forgotten, and brought anew.</summary>
    public bool WasReplaced { get; set; }

    /// <summary>Entries that a start has brought.</summary>
    public HashSet<long> Restored { get; } = [];

    public static ulong HashOf(ReadOnlySpan<byte> meta, ReadOnlySpan<byte> body)
    {
        ulong hash = (ulong)meta.Length;
        foreach (byte one in meta)
            hash = AppliedState.Mix(hash ^ one);
        foreach (byte one in body)
            hash = AppliedState.Mix(hash ^ one);
        return hash;
    }

    public override void Send(NodeId to, RaftMessage message) => Sends(to, message);

    public override void Read(PayloadRead read) => Reads.Enqueue(read);

    public override void Apply(in AppliedEntry entry)
    {
        if (entry.Index <= Applied)
            throw new SimulationException($"{entry.Index} is applied behind {Applied}");
        ulong hash = HashOf(entry.Meta.Span, entry.Body.Span);
        var live = new LiveEntry(entry.Index, entry.Position, entry.Meta.Length + entry.Body.Length);
        Change(live, entry.Meta.Span, hash);
        _untold.Add((entry.Index, entry.Meta.ToArray(), hash));
        Applied = entry.Index;
    }

    public override void Committed(LogIndex index)
    {
        if (index <= _told)
            throw new SimulationException($"{index} is told as committed behind {_told}");
        _told = index;
        int done = 0;
        for (; done < _untold.Count && _untold[done].Index <= index; done++)
            Truth.Commits(_untold[done].Index, _untold[done].Meta, _untold[done].Hash);
        _untold.RemoveRange(0, done);
        if (_untold.Count == 0)
            Truth.Check(index, this);
    }

    public override void Restore(in RestoredEntry entry)
    {
        Restored.Add(entry.Index.Value);
        // The body of what a start brings is not read; whoever has appended it knows what it is. Damage may bring back
        // what never counted, to be forgotten when the start finds that the group is unsound.
        ulong hash = entry.Body is { } body
            ? HashOf(entry.Meta, body.Span)
            : Truth.Find(entry.Index)?.Hash ?? 0;
        Change(
            new LiveEntry(entry.Index, entry.Position, entry.Meta.Length + entry.BodyBytes), entry.Meta, hash);
        Applied = entry.Index;
    }

    /// <summary>The entries before were those up to an index.</summary>
    public void RestoredTo(LogIndex index)
    {
        Applied = _told = index;
        Truth.Check(index, this);
    }

    public override void Reset()
    {
        _keys.Clear();
        _live.Clear();
        _died.Clear();
        _untold.Clear();
        Restored.Clear();
        WasReplaced = true;
        Applied = _told = default;
    }

    public override bool TryNextLive(LogIndex after, out LiveEntry entry)
    {
        entry = default;
        foreach ((long index, (LiveEntry live, ulong _)) in _live)
        {
            if (index <= after.Value)
                continue;
            entry = live;
            return true;
        }
        return false;
    }

    public override bool IsLive(LogIndex index) => _live.ContainsKey(index.Value);

    public override void Moved(IReadOnlyList<MovedEntry> entries)
    {
        foreach (MovedEntry moved in entries)
        {
            if (_live.TryGetValue(moved.Index.Value, out (LiveEntry Entry, ulong Hash) live)
                && live.Entry.Position == moved.From)
                _live[moved.Index.Value] = (live.Entry with { Position = moved.To }, live.Hash);
        }
    }

    public override void Barrier(BarrierOutcome outcome)
    {
        if (!Barriers.Remove(outcome.Id, out LogIndex asked))
            throw new SimulationException($"barrier {outcome.Id} is answered twice");
        if (!outcome.IsReached)
            return;
        BarriersReached++;
        if (Group!.Applied < asked)
            throw new SimulationException($"a barrier asked at {asked} is reached at {Group.Applied}");
    }

    public void Compact(RaftGroup group, LogIndex index)
    {
        LogIndex before = group.CompactedIndex;
        if (index <= before)
            return;
        var live = _live.Keys.Where(one => one > before.Value && one <= index.Value).ToList();
        live.AddRange(_died
            .Where(one => one.Index > before && one.Index <= index && one.By > index).Select(one => one.Index.Value));
        live.Sort();
        var gone = _died.FindAll(one => one.Index <= before && one.By <= index);
        IndexRange[] released = [.. gone.Select(one => new IndexRange(one.Index, one.Index))];
        _died.RemoveAll(one => one.Index <= index && one.By <= index);
        group.Compact(index, [.. live.Select(one => new LogIndex(one))], released);
    }

    private void Change(LiveEntry entry, ReadOnlySpan<byte> meta, ulong hash)
    {
        byte key = meta[1];
        if (_keys.Remove(key, out LogIndex before))
        {
            _live.Remove(before.Value);
            _died.Add((before, entry.Index));
            Group?.Ended(before);
        }
        if (meta[0] == Set)
        {
            _keys.Add(key, entry.Index);
            _live.Add(entry.Index.Value, (entry, hash));
        }
        else
        {
            _died.Add((entry.Index, entry.Index));
        }
    }
}
