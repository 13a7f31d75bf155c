using System.Text;
using Warren.Cluster.Consensus;
using Warren.Cluster.Consensus.Messages;
using Warren.Storage;

namespace Warren.Cluster.Tests.Consensus;

/// <summary>
/// An owner that does only what a script says: what it takes over stays undone until the script wants it done.
/// </summary>
internal sealed class ScriptedNode(NodeId id, ScriptedCluster cluster)
{
    private readonly Ready _ready = new();
    private readonly List<RaftEntry> _disk = [];
    private readonly List<Action> _writes = [];
    private readonly List<Outgoing> _held = [];
    private readonly List<byte> _staged = [];
    private readonly List<string> _applied = [];
    private readonly Dictionary<NodeId, byte[]> _content = [];
    private HardState _state = new();
    private bool _isUnsound;
    private string _storedContent = "";
    private long _last;

    public RaftNode? Node { get; private set; }

    public RaftNode Running => Node ?? throw new InvalidOperationException($"{TraceText.Of(id)} is down");

    public bool HasWork => _writes.Count > 0 || _held.Count > 0;

    private string Name => TraceText.Of(id);

    public void Found(Membership members) => _state = new HardState { Members = members };

    public void Start()
    {
        Node = new RaftNode(
            new RaftStart { Self = id, State = _state, Entries = [.. _disk], IsUnsound = _isUnsound },
            cluster.Options,
            new Random(1));
        _last = 0;
        _applied.Clear();
        if (_storedContent.Length > 0)
            _applied.AddRange(_storedContent.Split(','));
    }

    public void Crash()
    {
        Node = null;
        _writes.Clear();
        _held.Clear();
        _staged.Clear();
    }

    public void Damage()
    {
        _isUnsound = true;
        _disk.Clear();
        _storedContent = "";
    }

    /// <summary>Takes what is to be done; false if nothing. Writes are under way, not durable.</summary>
    public bool TakeReady()
    {
        if (Node is null || !Node.TakeReady(_ready))
            return false;
        _last = _ready.Number;
        foreach (StagedChunk chunk in _ready.Chunks)
        {
            if (chunk.Offset == 0)
                _staged.Clear();
            _staged.AddRange(chunk.Bytes.Span);
        }
        Write();
        Apply();
        foreach (BarrierOutcome barrier in _ready.Barriers)
            cluster.Tell(barrier.IsReached
                ? $"{Name} reaches barrier {barrier.Id} at {barrier.Index}" : $"{Name} fails barrier {barrier.Id}");
        foreach (Outgoing message in _ready.Messages)
            cluster.Send(id, WithPayloads(message));
        _held.AddRange(_ready.DurableMessages);
        foreach (SnapshotDemand demand in _ready.Demands)
            SendChunk(demand);
        return true;
    }

    /// <summary>All that is under way is durable.</summary>
    public void Sync()
    {
        foreach (Action write in _writes)
            write();
        _writes.Clear();
        var held = _held.ToList();
        _held.Clear();
        foreach (Outgoing message in held)
            cluster.Send(id, message);
        Running.Persisted(_last);
    }

    private void Write()
    {
        SnapshotInstall? install = _ready.Install;
        LogIndex truncateFrom = _ready.TruncateFrom;
        RaftEntry[] entries = [.. _ready.Entries];
        HardState? state = _ready.State;
        bool becameSound = _ready.BecameSound;
        if (install is not null)
        {
            string content = Encoding.UTF8.GetString([.. _staged]);
            cluster.Tell($"{Name} installs \"{content}\" as of {install.Index}/{install.Term}"
                + (install.IsTailKept ? ", keeps what is behind" : ""));
            _applied.Clear();
            _applied.AddRange(content.Split(','));
        }
        if (truncateFrom.Value > 0)
            cluster.Tell($"{Name} truncates from {truncateFrom}");
        if (entries.Length > 0)
            cluster.Tell($"{Name} appends {TraceText.Entries(entries)}");
        if (state is not null)
        {
            cluster.Tell($"{Name} writes term {state.Term}, vote {TraceText.Of(state.Vote)}, "
                + $"compacted {state.CompactedIndex}/{state.CompactedTerm}");
        }
        if (becameSound)
            cluster.Tell($"{Name} is sound again");
        // The machine behind the compacted index comes from the entries.
        string stored = state is null ? "" : string.Join(',', _applied.Take(PayloadsUpTo(state.CompactedIndex)));
        _writes.Add(() =>
        {
            if (install is not null)
                _disk.RemoveAll(entry => !install.IsTailKept || entry.Index <= install.Index);
            if (truncateFrom.Value > 0)
                _disk.RemoveAll(entry => entry.Index >= truncateFrom);
            _disk.AddRange(entries);
            _isUnsound &= !becameSound;
            if (state is null)
                return;
            _state = state;
            _storedContent = stored;
            _disk.RemoveAll(entry => entry.Index <= state.CompactedIndex);
        });
    }

    private int PayloadsUpTo(LogIndex index) =>
        _applied.Count(text => !text.Contains('@', StringComparison.Ordinal)
            || long.Parse(text[(text.IndexOf('@', StringComparison.Ordinal) + 1)..],
                System.Globalization.CultureInfo.InvariantCulture) <= index.Value);

    private void Apply()
    {
        if (_ready.Committed is not { } committed)
            return;
        var names = new List<string>();
        for (long index = committed.First.Value; index <= committed.Last.Value; index++)
        {
            RaftEntry entry = Running.Entry(new LogIndex(index));
            names.Add(TraceText.Of(entry));
            if (entry.Kind == EntryKind.Payload)
                _applied.Add($"{Encoding.UTF8.GetString(entry.Body.Span)}@{index}");
        }
        cluster.Tell($"{Name} applies {string.Join(", ", names)}");
        Running.Applied(committed.Last);
    }

    /// <summary>Reads what has left memory.</summary>
    private Outgoing WithPayloads(Outgoing outgoing)
    {
        if (outgoing.Message is not AppendRequest append || append.Entries.All(entry => entry.IsInMemory))
            return outgoing;
        cluster.Tell($"{Name} reads {TraceText.Entries([.. append.Entries.Where(entry => !entry.IsInMemory)])}");
        return outgoing with
        {
            Message = append with
            {
                Entries = [.. append.Entries.Select(entry => entry.IsInMemory
                    ? entry : _disk.Single(stored => stored.Index == entry.Index && stored.Term == entry.Term))],
            },
        };
    }

    private void SendChunk(SnapshotDemand demand)
    {
        if (demand.Offset == 0)
            _content[demand.To] = Encoding.UTF8.GetBytes(string.Join(',', _applied));
        byte[] content = _content[demand.To];
        int count = Math.Min(cluster.ChunkBytes, content.Length - (int)demand.Offset);
        bool isLast = demand.Offset + count == content.Length;
        Running.SendChunk(
            demand, content.AsMemory((int)demand.Offset, count), isLast ? Running.Log.Applied : null);
    }
}
