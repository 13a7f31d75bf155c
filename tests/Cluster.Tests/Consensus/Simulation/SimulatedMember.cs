using Warren.Cluster.Consensus;
using Warren.Cluster.Consensus.Messages;
using Warren.Storage;

namespace Warren.Cluster.Tests.Consensus.Simulation;

/// <summary>
/// The owner of a node, as it is told to be: writes in order and durable later, messages held until they may go,
/// entries applied in its own time. A crash takes the node and all, or a suffix, of what was not durable.
/// </summary>
internal sealed class SimulatedMember(
    NodeId id, RaftOptions options, SimulatedNetwork network, Truth truth, Random random)
{
    private readonly Ready _ready = new();
    private readonly List<StoredWrite> _writes = [];
    private readonly List<(long Write, Outgoing Message)> _held = [];
    private readonly Dictionary<long, LogIndex> _barriers = [];
    private readonly Dictionary<NodeId, (long Attempt, AppliedState State)> _outgoing = [];
    private readonly List<byte> _staged = [];
    private AppliedState _applied;
    private LogIndex _seenCommit;
    private LogIndex _toApply;
    private Term _seenTerm;
    private long _barrierCount;
    private long _lastWrite;
    private long _lastDurableAt;

    public NodeId Id { get; } = id;

    public StoredGroup Stored { get; } = new();

    public RaftNode? Node { get; private set; }

    /// <summary>A crash would take something.</summary>
    public bool HasWrites => _writes.Count > 0;

    public int BarriersReached { get; private set; }

    public int SnapshotsInstalled { get; private set; }

    /// <summary>Of a write; a stalled disk has more.</summary>
    public int DiskDelayMost { get; set; } = 4;

    /// <summary>It is not to lead, also after its next start.</summary>
    public bool IsBarred
    {
        get;
        set
        {
            field = value;
            Node?.IsBarred = value;
        }
    }

    public void Start(long now)
    {
        Node = new RaftNode(
            new RaftStart
            {
                Self = Id,
                State = Stored.State,
                Entries = Stored.Entries,
                IsUnsound = Stored.IsUnsound,
            },
            options,
            random)
        { IsBarred = IsBarred };
        _applied = Stored.IsUnsound ? new AppliedState(Stored.State.CompactedIndex, 0) : Stored.Applied;
        _seenCommit = _toApply = Stored.State.CompactedIndex;
        _seenTerm = Stored.State.Term;
        _lastWrite = 0;
        Pump(now);
    }

    public void Crash()
    {
        Node = null;
        int kept = random.Next(2) == 0 ? 0 : random.Next(_writes.Count + 1);
        foreach (StoredWrite write in _writes.Take(kept))
            Stored.Apply(write);
        _writes.Clear();
        _held.Clear();
        _barriers.Clear();
        _outgoing.Clear();
        _staged.Clear();
    }

    public void Receive(Packet packet, long now)
    {
        if (Node is null)
            return;
        switch (packet.Kind)
        {
            case PacketKind.Message:
                Node.Step(packet.From, network.Open(packet));
                break;
            case PacketKind.Heartbeat when HeartbeatFormat.TryRead(packet.Bytes, out Heartbeat heartbeat):
                network.Send(Id, packet.From, Node.Step(packet.From, heartbeat), now);
                break;
            case PacketKind.HeartbeatAnswer when HeartbeatFormat.TryRead(packet.Bytes, out HeartbeatAnswer answer):
                Node.Step(packet.From, answer);
                break;
            default:
                throw new SimulationException("a heartbeat does not come through its format");
        }
        Pump(now);
    }

    public void Beat(IEnumerable<NodeId> others, long now)
    {
        foreach (NodeId other in others)
        {
            if (Node is not null && Node.TryHeartbeat(other, out Heartbeat heartbeat))
                network.Send(Id, other, heartbeat, now);
        }
    }

    public void Tick(long now)
    {
        Node?.Tick();
        Pump(now);
    }

    /// <summary>The disk goes on, and so does applying.</summary>
    public void Work(long now)
    {
        if (Node is null)
            return;
        long durable = 0;
        while (_writes.Count > 0 && _writes[0].DurableAt <= now)
        {
            Stored.Apply(_writes[0]);
            durable = _writes[0].Number;
            _writes.RemoveAt(0);
        }
        // A Ready is durable when all of its records are.
        if (durable > 0 && _writes.Count > 0 && _writes[0].Number == durable)
            durable--;
        if (durable > 0)
        {
            Node.Persisted(durable);
            SendHeld(now);
        }
        if (_applied.Index < _toApply && random.Next(3) != 0)
            ApplySome();
        Pump(now);
    }

    public void Propose(int sizeBytes, long now)
    {
        byte[] body = new byte[sizeBytes];
        random.NextBytes(body);
        Node?.TryPropose([new EntryPayload(new byte[] { 1 }, body)], out _);
        Pump(now);
    }

    public void RequestBarrier(long now)
    {
        if (Node is null)
            return;
        _barriers.Add(++_barrierCount, truth.Committed);
        Node.RequestBarrier(_barrierCount);
        Pump(now);
    }

    public void Compact(long now)
    {
        if (Node is null)
            return;
        LogIndex index = random.Next(2) == 0 ? Node.CompactionLimit : Node.Log.Applied;
        // Content that is going out must stay within the log.
        foreach ((long _, AppliedState state) in _outgoing.Values)
            index = state.Index < index ? state.Index : index;
        Node.Compact(index);
        Pump(now);
    }

    public void Pump(long now)
    {
        if (Node is null)
            return;
        do
            Observe();
        while (Node.TakeReady(_ready) && Handle(now));
        Observe();
    }

    public override string ToString() => Node is null
        ? $"{TraceText.Of(Id)} is down"
        : TraceText.Of(Node) + string.Concat(Node.Replication.Others.Select(one =>
            $", {TraceText.Of(one.Id)}: {one.State} {one.Soundness} {one.Match}<{one.Next} "
            + $"attempt {one.Snapshot?.Attempt} at {one.Snapshot?.Wanted} {one.Snapshot?.Unanswered}"));

    private bool Handle(long now)
    {
        foreach (StagedChunk chunk in _ready.Chunks)
            Stage(chunk);
        if (_ready.Install is { } install)
            Install(install);
        Term before = _ready.Entries.Count > 0 ? TermBefore(_ready.Entries[0].Index) : default;
        foreach (RaftEntry entry in _ready.Entries)
        {
            truth.Writes(entry, before);
            before = entry.Term;
        }
        if (_ready.Writes)
            Write(now);
        foreach (Outgoing message in _ready.Messages)
            Send(message, now);
        foreach (Outgoing message in _ready.DurableMessages)
            _held.Add((_lastWrite, message));
        if (_ready.Committed is { } committed)
            _toApply = committed.Last;
        foreach (BarrierOutcome barrier in _ready.Barriers)
            CheckBarrier(barrier);
        foreach (SnapshotDemand demand in _ready.Demands)
            SendChunk(demand);
        SendHeld(now);
        return true;
    }

    private Term TermBefore(LogIndex index)
    {
        if (!Node!.Log.TryTermAt(new LogIndex(index.Value - 1), out Term term))
            throw new SimulationException($"nothing lies before {index}");
        return term;
    }

    private void Write(long now)
    {
        _lastDurableAt = Math.Max(_lastDurableAt, now + 1 + random.Next(DiskDelayMost));
        AppliedState applied = _ready.Install is not null ? _applied
            : _ready.State is { } state && Node!.Soundness != Soundness.NeedsSnapshot
            ? truth.AppliedAt(state.CompactedIndex) : Stored.Applied;
        _writes.AddRange(StoredWrite.Of(_ready, applied, _lastDurableAt));
        _lastWrite = _ready.Number;
    }

    private void SendHeld(long now)
    {
        long undurable = _writes.Count == 0 ? long.MaxValue : _writes[0].Number;
        while (_held.Count > 0 && _held[0].Write < undurable)
        {
            Send(_held[0].Message, now);
            _held.RemoveAt(0);
        }
    }

    /// <summary>Payloads that have left memory are read from the disk.</summary>
    private void Send(Outgoing outgoing, long now)
    {
        RaftMessage message = outgoing.Message;
        if (message is AppendRequest append && append.Entries.Any(entry => !entry.IsInMemory))
        {
            var entries = new List<RaftEntry>();
            foreach (RaftEntry entry in append.Entries)
            {
                if (Stored.Find(entry.Index, entry.Term) is not { } stored)
                    return;
                entries.Add(entry.With(stored.Meta, stored.Body));
            }
            message = append with { Entries = [.. entries] };
        }
        network.Send(Id, outgoing.To, message, now);
    }

    private void ApplySome()
    {
        long last = Math.Min(_toApply.Value, _applied.Index.Value + 1 + random.Next(5));
        for (long index = _applied.Index.Value + 1; index <= last; index++)
        {
            RaftEntry entry = Node!.Entry(new LogIndex(index));
            if (!entry.IsInMemory)
                throw new SimulationException($"{index} was not applied and has left memory");
            _applied = _applied.After(entry.Index, entry.Term, Truth.HashOf(entry));
            truth.Applies(_applied);
        }
        Node!.Applied(new LogIndex(last));
    }

    private void Stage(StagedChunk chunk)
    {
        if (chunk.Offset == 0)
            _staged.Clear();
        if (chunk.Offset != _staged.Count)
            throw new SimulationException($"a chunk for {chunk.Offset} comes behind {_staged.Count}");
        _staged.AddRange(chunk.Bytes.Span);
    }

    private void Install(SnapshotInstall install)
    {
        _applied = AppliedState.Of([.. _staged]);
        _staged.Clear();
        if (_applied.Index != install.Index)
            throw new SimulationException($"a snapshot of {_applied.Index} is installed as one of {install.Index}");
        truth.Applies(_applied);
        _toApply = _seenCommit = install.Index;
        SnapshotsInstalled++;
    }

    private void CheckBarrier(BarrierOutcome barrier)
    {
        _barriers.Remove(barrier.Id, out LogIndex asked);
        if (!barrier.IsReached)
            return;
        BarriersReached++;
        if (_applied.Index < asked)
            throw new SimulationException($"a barrier asked at {asked} is reached at {_applied.Index}");
    }

    private void SendChunk(SnapshotDemand demand)
    {
        if (demand.Offset == 0)
            _outgoing[demand.To] = (demand.Attempt, _applied);
        if (!_outgoing.TryGetValue(demand.To, out (long Attempt, AppliedState State) content)
            || content.Attempt != demand.Attempt)
            return;
        byte[] bytes = content.State.Content();
        int count = (int)Math.Min(bytes.Length - demand.Offset, 1 + random.Next(30));
        bool isLast = demand.Offset + count == bytes.Length;
        bool isWanted = Node!.SendChunk(
            demand, bytes.AsMemory((int)demand.Offset, count), isLast ? content.State.Index : null);
        if (isLast || !isWanted)
            _outgoing.Remove(demand.To);
    }

    private void Observe()
    {
        RaftNode node = Node!;
        if (node.Term < _seenTerm)
            throw new SimulationException($"{Id} falls back from term {_seenTerm} to {node.Term}");
        _seenTerm = node.Term;
        if (node.IsLeader)
            truth.Leads(Id, node);
        else
            _outgoing.Clear();
        for (long index = Math.Max(_seenCommit.Value, node.Log.CompactedIndex.Value) + 1;
            index <= node.Log.Commit.Value; index++)
        {
            if (truth.Committed.Value < index)
                RegisterEntries();
            truth.Commits(new LogIndex(index), node.Entry(new LogIndex(index)).Term);
        }
        _seenCommit = node.Log.Commit;
    }

    /// <summary>
    /// Entries may be committed in the step that brings them, before they are handed over for writing.
    /// </summary>
    private void RegisterEntries()
    {
        RaftLog log = Node!.Log;
        for (long index = log.CompactedIndex.Value + 1; index <= log.LastIndex.Value; index++)
        {
            if (Node.Entry(new LogIndex(index)) is { IsInMemory: true } entry)
                truth.Writes(entry, TermBefore(entry.Index));
        }
    }
}
